// A program that registers a generator calls the registry's methods and reads its errors. One import is enough for it.
@_exported public import NamedRegistry
@_exported public import RDSIAMBasics
