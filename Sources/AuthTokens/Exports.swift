// Whoever registers a generator calls the registry's methods; one import is to be enough for that.
@_exported public import NamedRegistry
