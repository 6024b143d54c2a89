#if Command && Proxy
import ArgumentParser

/// `rds-iam proxy`: tokens for clients that cannot fetch them.
struct ProxyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy",
        abstract: "Log in for clients on this machine that cannot fetch tokens themselves.",
        discussion: """
            Clients connect to the proxy, which logs in to the server with TLS and a token and then forwards every \
            byte. Without --listen it serves a Unix socket that only your own processes reach.

              rds-iam proxy "host=db.abcdefghijkl.eu-west-2.rds.amazonaws.com user=andrew \\
                dbname=blog sslrootcert=global-bundle.pem"

            When it is ready it prints, on one line for each CONNINFO, the connection string for clients. \
            See: rds-iam proxy run --help

            Exit status: 130 after SIGINT; 143 after SIGTERM or SIGHUP, or 0 with --exit-zero-on-sigterm; 2 wrong usage; \
            1 anything else.
            """,
        subcommands: [ProxyRunCommand.self, ProxyWaitCommand.self],
        defaultSubcommand: ProxyRunCommand.self
    )
}

extension RootCommand {
    /// What the trait `Proxy` adds.
    static let proxySubcommands: [any ParsableCommand.Type] = [ProxyCommand.self]
}
#endif
