// The observers are behind the trait `Observability`. Without it this is all of the module, and swift-log,
// swift-metrics and swift-distributed-tracing are neither fetched nor built.
@_exported public import RDSIAMBasics
