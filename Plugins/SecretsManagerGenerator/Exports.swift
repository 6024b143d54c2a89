// The errors and the directory of credentials that the generator speaks of; one import is to be enough for them.
@_exported public import AWSGeneratorSupport
