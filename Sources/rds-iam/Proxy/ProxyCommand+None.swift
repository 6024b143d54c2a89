#if Command && !Proxy
import ArgumentParser

extension RootCommand {
    /// Without the trait `Proxy` there is no proxy.
    static let proxySubcommands: [any ParsableCommand.Type] = []
}
#endif
