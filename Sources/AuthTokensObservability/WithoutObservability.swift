#if !Observability

// Without the trait the module is empty, and swift-log, swift-metrics and swift-distributed-tracing are neither fetched nor built.

#endif
