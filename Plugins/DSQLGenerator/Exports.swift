// The errors and the signing endpoint that the generator speaks of; one import is to be enough for them.
@_exported public import AWSGeneratorSupport
