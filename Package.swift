// swift-tools-version: 6.2

import PackageDescription

let package = Package(
    name: "pg-aws-rds-iam",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "rds-iam", targets: ["rds-iam"]),
        .library(name: "PGRDSIAM", targets: ["PGRDSIAM"]),
        .library(name: "LoginProxy", targets: ["LoginProxy"]),
        .library(name: "LoginDiagnosis", targets: ["LoginDiagnosis"]),
        .library(name: "LoginDoctor", targets: ["LoginDoctor"]),
        .library(name: "AWSGenerators", targets: ["AWSGenerators"]),
        .library(name: "CommandGenerator", targets: ["CommandGenerator"]),
        .library(name: "AuditFleet", targets: ["AuditFleet"]),
        .library(name: "TokenAuditLog", targets: ["TokenAuditLog"]),
        .library(name: "AuthTokens", targets: ["AuthTokens"]),
        .library(name: "AuthTokensTesting", targets: ["AuthTokensTesting"]),
        .library(name: "AuthTokensObservability", targets: ["AuthTokensObservability"]),
        .library(name: "AWSCredentialSources", targets: ["AWSCredentialSources"]),
        .library(name: "LibpqClient", targets: ["LibpqClient"]),
        .library(name: "PGConninfo", targets: ["PGConninfo"]),
        .library(name: "AWSSigV4", targets: ["AWSSigV4"]),
        .library(name: "NamedRegistry", targets: ["NamedRegistry"]),
    ],
    traits: [
        .trait(
            name: "AsyncHTTPClient",
            description: "The credential sources that speak HTTP get AsyncHTTPClient as their default client."
        ),
        .trait(
            name: "Observability",
            description: "Observers for logs, metrics and traces, and warnings of PGRDSIAM in the log."
        ),
        .trait(
            name: "Proxy",
            description: "The local login proxy, for clients that cannot fetch tokens themselves."
        ),
        .trait(
            name: "Command",
            description: "The command rds-iam; without it, nothing that it alone needs is fetched."
        ),
        .default(enabledTraits: ["AsyncHTTPClient", "Observability", "Proxy", "Command"]),
    ],
    dependencies: [
        // The HTTP client most Swift servers already run: time limits, streaming bodies, no proxy unless asked.
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        // The buffers and headers that AsyncHTTPClient speaks in, and the channels of LoginProxy.
        .package(url: "https://github.com/apple/swift-nio", from: "2.81.0"),
        // The TLS of AsyncHTTPClient and LoginProxy. Before 2.37.6, a peer that left in mid-handshake stayed for ever.
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        // Graceful shutdown of LoginProxy; for the trait Proxy alone.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // The log that Swift servers share; for the traits Observability and Proxy alone.
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        // The metrics that Swift servers share; for the trait Observability alone.
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        // The traces that Swift servers share; for the trait Observability alone.
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        // Settings from a file under the environment, for the executable alone; its traits would bring Foundation.
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        // Command-line parsing, help and completion for the executable alone.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        // System libraries.
        .systemLibrary(
            name: "CLibpq",
            pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"]), .brew(["libpq"])]
        ),
        .systemLibrary(
            name: "CLibcrypto",
            pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]
        ),
        // The TLS of the doctor's certificate probe, apart because only it needs more than libcrypto.
        .systemLibrary(
            name: "CLibssl",
            pkgConfig: "libssl",
            providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]
        ),
        // The system's resolver: it alone tells what a name is an alias of.
        .systemLibrary(name: "CResolver"),
        .systemLibrary(
            name: "CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite3"])]
        ),

        // What several modules need and none should write again. No products, so that they may change at will.
        // Pure Swift: text as bytes, hexadecimal, percent-encoding, dates, waiting tasks, and the error protocol.
        .target(name: "RDSIAMBasics"),
        // SHA-256 from libcrypto, apart because PGConninfo and NamedRegistry do without OpenSSL.
        .target(name: "RDSIAMHashing", dependencies: ["RDSIAMBasics", "CLibcrypto"]),
        // Foundation, the C library, processes, threads and look-ups, apart because level 0 does without Foundation.
        .target(name: "RDSIAMSystem", dependencies: ["RDSIAMBasics"]),

        // Level 0: each stands alone.
        .target(name: "NamedRegistry", dependencies: ["RDSIAMBasics"]),
        .target(name: "PGConninfo", dependencies: ["RDSIAMBasics"]),
        .target(name: "LibpqClient", dependencies: ["CLibpq", "RDSIAMBasics", "RDSIAMSystem"]),
        .target(name: "AWSSigV4", dependencies: ["RDSIAMBasics", "RDSIAMHashing", "CLibcrypto"]),

        // Level 1.
        .target(
            name: "AuthTokens",
            dependencies: ["NamedRegistry", "RDSIAMBasics", "RDSIAMHashing", "RDSIAMSystem"]
        ),
        .target(
            name: "AWSCredentialSources",
            dependencies: [
                "AWSSigV4", "RDSIAMBasics", "RDSIAMHashing", "RDSIAMSystem", "CLibcrypto",
                .product(
                    name: "AsyncHTTPClient",
                    package: "async-http-client",
                    condition: .when(traits: ["AsyncHTTPClient"])
                ),
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["AsyncHTTPClient"])),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: .when(traits: ["AsyncHTTPClient"])),
                .product(name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["AsyncHTTPClient"])),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["AsyncHTTPClient"])),
            ]
        ),

        // Level 2.
        .target(
            name: "AWSGenerators",
            dependencies: ["AuthTokens", "AWSSigV4", "AWSCredentialSources", "RDSIAMBasics", "RDSIAMSystem"],
            path: "Plugins/AWSGenerators"
        ),
        .target(
            name: "CommandGenerator",
            dependencies: ["AuthTokens", "RDSIAMBasics", "RDSIAMSystem"],
            path: "Plugins/CommandGenerator"
        ),
        // Why a login failed, from what a client knows: one wording for the adapter, the doctor and the proxy.
        .target(
            name: "LoginDiagnosis",
            dependencies: ["AuthTokens", "AWSGenerators", "RDSIAMBasics", "RDSIAMSystem"]
        ),
        .target(
            name: "TokenAuditLog",
            dependencies: ["AuthTokens", "CSQLite", "CLibcrypto", "RDSIAMBasics", "RDSIAMHashing", "RDSIAMSystem"]
        ),
        .target(name: "AuthTokensTesting", dependencies: ["AuthTokens", "RDSIAMBasics", "RDSIAMSystem"]),
        .target(
            name: "AuthTokensObservability",
            dependencies: [
                "AuthTokens", "RDSIAMBasics", "RDSIAMSystem",
                .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Observability"])),
                .product(name: "CoreMetrics", package: "swift-metrics", condition: .when(traits: ["Observability"])),
                .product(
                    name: "Tracing",
                    package: "swift-distributed-tracing",
                    condition: .when(traits: ["Observability"])
                ),
            ]
        ),

        // Level 3.
        .target(
            name: "PGRDSIAM",
            dependencies: [
                "PGConninfo", "AuthTokens", "AWSGenerators", "CommandGenerator", "LoginDiagnosis", "LibpqClient",
                "CLibpq", "RDSIAMBasics",
                "RDSIAMSystem",
                .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Observability"])),
            ]
        ),
        .target(
            name: "LoginProxy",
            dependencies: [
                "AuthTokens", "AWSGenerators", "LoginDiagnosis", "PGConninfo", "CLibcrypto", "RDSIAMBasics",
                "RDSIAMHashing", "RDSIAMSystem",
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Proxy"])),
                .product(name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["Proxy"])),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: .when(traits: ["Proxy"])),
                .product(name: "NIOTLS", package: "swift-nio", condition: .when(traits: ["Proxy"])),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["Proxy"])),
                .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Proxy"])),
                .product(
                    name: "ServiceLifecycle",
                    package: "swift-service-lifecycle",
                    condition: .when(traits: ["Proxy"])
                ),
            ]
        ),

        .target(
            name: "LoginDoctor",
            dependencies: [
                "PGRDSIAM", "PGConninfo", "LoginDiagnosis", "LibpqClient", "AuthTokens", "AWSGenerators",
                "AWSCredentialSources", "RDSIAMBasics", "RDSIAMSystem", "CLibssl", "CResolver",
            ]
        ),
        // Audit logs of many hosts in one PostgreSQL.
        .target(
            name: "AuditFleet",
            dependencies: [
                "TokenAuditLog", "PGRDSIAM", "LibpqClient", "AuthTokens", "RDSIAMBasics", "RDSIAMHashing",
                "RDSIAMSystem",
            ]
        ),

        // Level 4.
        .executableTarget(
            name: "rds-iam",
            dependencies: [
                "PGConninfo", "AuthTokens", "AWSCredentialSources", "AWSGenerators", "CommandGenerator", "LibpqClient",
                "TokenAuditLog", "PGRDSIAM", "LoginDoctor", "LoginProxy", "AuditFleet",
                "RDSIAMBasics", "RDSIAMSystem",
                .product(
                    name: "ArgumentParser",
                    package: "swift-argument-parser",
                    condition: .when(traits: ["Command"])
                ),
                .product(name: "Configuration", package: "swift-configuration", condition: .when(traits: ["Command"])),
                .product(name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["Proxy"])),
                .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Proxy"])),
                .product(
                    name: "ServiceLifecycle",
                    package: "swift-service-lifecycle",
                    condition: .when(traits: ["Proxy"])
                ),
                .product(name: "UnixSignals", package: "swift-service-lifecycle", condition: .when(traits: ["Proxy"])),
            ]
        ),

        // Tests.
        .target(name: "TestSupport", dependencies: ["RDSIAMSystem"], path: "Tests/TestSupport"),
        .testTarget(name: "RDSIAMBasicsTests", dependencies: ["RDSIAMBasics", "RDSIAMHashing"]),
        .testTarget(name: "RDSIAMSystemTests", dependencies: ["RDSIAMSystem", "RDSIAMBasics"]),
        .testTarget(name: "NamedRegistryTests", dependencies: ["NamedRegistry"]),
        .testTarget(
            name: "AuthTokensTests",
            dependencies: ["AuthTokens", "AuthTokensTesting", "NamedRegistry", "RDSIAMSystem"]
        ),
        .testTarget(
            name: "AuthTokensObservabilityTests",
            dependencies: [
                "AuthTokensObservability", "AuthTokens", "AuthTokensTesting",
                .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Observability"])),
                .product(name: "CoreMetrics", package: "swift-metrics", condition: .when(traits: ["Observability"])),
                .product(name: "MetricsTestKit", package: "swift-metrics", condition: .when(traits: ["Observability"])),
                .product(
                    name: "InMemoryTracing",
                    package: "swift-distributed-tracing",
                    condition: .when(traits: ["Observability"])
                ),
                .product(
                    name: "Tracing",
                    package: "swift-distributed-tracing",
                    condition: .when(traits: ["Observability"])
                ),
            ]
        ),
        .testTarget(name: "AuthTokensTestingTests", dependencies: ["AuthTokens", "AuthTokensTesting"]),
        .testTarget(
            name: "PluginGuideTests",
            dependencies: [
                "AuthTokens", "AuthTokensTesting", "AWSGenerators", "AWSCredentialSources", "AWSSigV4", "TestSupport",
            ]
        ),
        .testTarget(
            name: "AWSGeneratorsTests",
            dependencies: [
                "AWSGenerators", "AuthTokens", "AuthTokensTesting", "AWSCredentialSources", "AWSSigV4", "TestSupport",
            ]
        ),
        .testTarget(
            name: "CommandGeneratorTests",
            dependencies: ["CommandGenerator", "AuthTokens", "AuthTokensTesting", "TestSupport"]
        ),
        .testTarget(
            name: "LoginDiagnosisTests",
            dependencies: ["LoginDiagnosis", "AuthTokens", "AWSSigV4", "RDSIAMBasics", "RDSIAMSystem", "TestSupport"]
        ),
        .testTarget(
            name: "LibpqClientTests",
            dependencies: ["LibpqClient", "CLibpq", "RDSIAMBasics", "RDSIAMSystem", "TestSupport"]
        ),
        .testTarget(
            name: "PGRDSIAMTests",
            dependencies: [
                "PGRDSIAM", "LoginDiagnosis", "LibpqClient", "PGConninfo", "AuthTokens", "AWSGenerators",
                "AWSCredentialSources", "CLibpq", "RDSIAMBasics", "TestSupport",
            ]
        ),
        // The machines that read what strangers send, fuzzed.
        .target(name: "ProxyFuzzing", dependencies: ["LoginProxy"], path: "Tests/ProxyFuzzing"),
        .executableTarget(name: "proxy-fuzz", dependencies: ["ProxyFuzzing"], path: "Tests/ProxyFuzz"),
        .testTarget(
            name: "LoginProxyTests",
            dependencies: [
                "LoginProxy", "AuthTokens", "AWSGenerators", "AWSCredentialSources", "LibpqClient", "PGConninfo",
                "TokenAuditLog", "TestSupport", "RDSIAMBasics", "RDSIAMSystem",
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Proxy"])),
                .product(name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["Proxy"])),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: .when(traits: ["Proxy"])),
                .product(name: "NIOTLS", package: "swift-nio", condition: .when(traits: ["Proxy"])),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["Proxy"])),
                .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Proxy"])),
                .product(
                    name: "ServiceLifecycle",
                    package: "swift-service-lifecycle",
                    condition: .when(traits: ["Proxy"])
                ),
                .product(name: "NIOEmbedded", package: "swift-nio", condition: .when(traits: ["Proxy"])),
                .product(
                    name: "ServiceLifecycleTestKit",
                    package: "swift-service-lifecycle",
                    condition: .when(traits: ["Proxy"])
                ),
            ]
        ),
        .testTarget(
            name: "ProxyCommandTests",
            dependencies: ["rds-iam", "TestSupport", "RDSIAMBasics", "RDSIAMSystem"]
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "PGRDSIAM", "LoginDiagnosis", "LibpqClient", "PGConninfo", "AWSGenerators", "AWSCredentialSources",
                "AuthTokens", "TokenAuditLog", "TestSupport", "rds-iam", "connect-cycler",
                .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Observability"])),
            ]
        ),
        .testTarget(
            name: "LoginDoctorTests",
            dependencies: [
                "LoginDoctor", "LoginDiagnosis", "PGRDSIAM", "LibpqClient", "PGConninfo", "AuthTokens", "AWSGenerators",
                "AWSCredentialSources", "TokenAuditLog", "FaultyDisk", "TestSupport", "RDSIAMBasics", "RDSIAMSystem",
                "rds-iam",
            ]
        ),
        .testTarget(
            name: "AuditCommandTests",
            dependencies: ["rds-iam", "TokenAuditLog", "AuthTokens", "TestSupport", "RDSIAMBasics", "RDSIAMSystem"]
        ),
        .testTarget(
            name: "CommandTests",
            dependencies: ["rds-iam", "TestSupport", "RDSIAMBasics", "RDSIAMSystem"]
        ),
        .testTarget(
            name: "AuditFleetTests",
            dependencies: [
                "AuditFleet", "TokenAuditLog", "PGRDSIAM", "LibpqClient", "AuthTokens", "CSQLite", "RDSIAMBasics",
                "RDSIAMHashing", "TestSupport", "rds-iam",
            ]
        ),
        // What valgrind watches.
        .executableTarget(name: "connect-cycler", dependencies: ["PGRDSIAM"], path: "Tests/ConnectCycler"),
        // libpq as the oracle of PGConninfo: linked, in a process of its own, and fuzzed against.
        .target(
            name: "ConninfoDifferential",
            dependencies: ["PGConninfo", "CLibpq", "RDSIAMBasics"],
            path: "Tests/ConninfoDifferential"
        ),
        .executableTarget(
            name: "conninfo-oracle",
            dependencies: ["CLibpq", "RDSIAMBasics"],
            path: "Tests/ConninfoOracle"
        ),
        .executableTarget(name: "conninfo-fuzz", dependencies: ["ConninfoDifferential"], path: "Tests/ConninfoFuzz"),
        .testTarget(
            name: "PGConninfoTests",
            dependencies: ["PGConninfo", "ConninfoDifferential", "CLibpq", "RDSIAMBasics", "conninfo-oracle"]
        ),
        .testTarget(name: "AWSSigV4Tests", dependencies: ["AWSSigV4", "RDSIAMBasics", "RDSIAMHashing", "CLibcrypto"]),
        // What tests run at a terminal of their own.
        .executableTarget(
            name: "terminal-user",
            dependencies: ["AWSCredentialSources", "RDSIAMSystem"],
            path: "Tests/TerminalUser"
        ),
        .testTarget(
            name: "AWSCredentialSourcesTests",
            dependencies: [
                "AWSCredentialSources", "AWSSigV4", "RDSIAMBasics", "RDSIAMSystem", "TestSupport", "terminal-user",
            ]
        ),
        // A file layer that forgets what was not synchronized, and a writer that tests can kill.
        .target(name: "FaultyDisk", dependencies: ["CSQLite"], path: "Tests/FaultyDisk"),
        .executableTarget(
            name: "audit-writer",
            dependencies: ["AuthTokens", "TokenAuditLog"],
            path: "Tests/AuditWriter"
        ),
        .testTarget(
            name: "TokenAuditLogTests",
            dependencies: [
                "TokenAuditLog", "AuthTokens", "CSQLite", "CLibcrypto", "TestSupport", "FaultyDisk", "audit-writer",
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            // SE-0335: an existential is written `any P`.
            .enableUpcomingFeature("ExistentialAny"),
            // SE-0444: a member is visible only where its module is imported.
            .enableUpcomingFeature("MemberImportVisibility"),
            // SE-0409: an import is internal unless it says otherwise.
            .enableUpcomingFeature("InternalImportsByDefault"),
            // SE-0461: a nonisolated async function runs where its caller runs.
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        ]
}
