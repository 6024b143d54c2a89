// One import gives adopters the errors and credential sources that the generator names.
@_exported public import AWSGeneratorSupport
