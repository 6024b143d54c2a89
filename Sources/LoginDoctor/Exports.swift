// Adopters see one declaration of it, the protocol of errors that may be retried.
@_exported public import RDSIAMBasics
