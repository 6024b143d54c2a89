// swift-tools-version: 6.2

import PackageDescription

// Benchmarks beside a peer in the same run. Each is an executable NAME-bench, run by `bin/bench NAME`.
let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "pg-aws-rds-iam", path: "..", traits: ["Proxy"]),
        // The log and the shutdown of the proxy.
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Counts allocations by standing in for malloc.
        .target(name: "CAllocations"),
        // Interleaved rounds, minimum and median, ratio beside the peer.
        .target(name: "BenchSupport", dependencies: ["CAllocations"]),

        .systemLibrary(
            name: "CLibpqPeer",
            pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"]), .brew(["libpq"])]
        ),
        .executableTarget(
            name: "conninfo-bench",
            dependencies: [
                "BenchSupport", "CLibpqPeer", .product(name: "PGConninfo", package: "pg-aws-rds-iam"),
            ],
            path: "Sources/ConninfoBench"
        ),
        .executableTarget(
            name: "tokens-bench",
            dependencies: [
                .product(name: "AuthTokens", package: "pg-aws-rds-iam"),
                .product(name: "AWSCredentialSources", package: "pg-aws-rds-iam"),
                .product(name: "AWSGenerators", package: "pg-aws-rds-iam"),
            ],
            path: "Sources/TokensBench"
        ),
        .executableTarget(
            name: "credentials-bench",
            dependencies: [.product(name: "AWSCredentialSources", package: "pg-aws-rds-iam")],
            path: "Sources/CredentialsBench"
        ),
        // Audit log appends beside a bare C program on the same disk, and reading of large logs.
        .target(
            name: "CAuditPeer",
            linkerSettings: [.linkedLibrary("sqlite3")]
        ),
        .executableTarget(
            name: "audit-bench",
            dependencies: [
                "BenchSupport", "CAuditPeer", .product(name: "TokenAuditLog", package: "pg-aws-rds-iam"),
                .product(name: "AuthTokens", package: "pg-aws-rds-iam"),
            ],
            path: "Sources/AuditBench"
        ),
        // Many logs shipped into one PostgreSQL, beside psql's COPY of the same rows.
        .executableTarget(
            name: "fleet-bench",
            dependencies: [
                "BenchSupport",
                .product(name: "AuditFleet", package: "pg-aws-rds-iam"),
                .product(name: "LibpqClient", package: "pg-aws-rds-iam"),
                .product(name: "TokenAuditLog", package: "pg-aws-rds-iam"),
                .product(name: "AuthTokens", package: "pg-aws-rds-iam"),
            ],
            path: "Sources/FleetBench"
        ),
        // Signing beside the bare hash work in C, and beside other signers if they are installed.
        .target(name: "CBareHash", linkerSettings: [.linkedLibrary("crypto")]),
        .executableTarget(
            name: "sigv4-bench",
            dependencies: [
                "BenchSupport", "CBareHash", .product(name: "AWSSigV4", package: "pg-aws-rds-iam"),
            ],
            path: "Sources/SigV4Bench"
        ),
        .executableTarget(
            name: "connect-bench",
            dependencies: [
                "CLibpqPeer", .product(name: "PGRDSIAM", package: "pg-aws-rds-iam"),
                .product(name: "LibpqClient", package: "pg-aws-rds-iam"),
                .product(name: "AuthTokens", package: "pg-aws-rds-iam"),
                .product(name: "PGConninfo", package: "pg-aws-rds-iam"),
            ],
            path: "Sources/ConnectBench"
        ),
        .executableTarget(
            name: "proxy-bench",
            dependencies: [
                .product(name: "LoginProxy", package: "pg-aws-rds-iam"),
                .product(name: "TokenAuditLog", package: "pg-aws-rds-iam"),
                .product(name: "AWSGenerators", package: "pg-aws-rds-iam"),
                .product(name: "AuthTokens", package: "pg-aws-rds-iam"),
                .product(name: "PGConninfo", package: "pg-aws-rds-iam"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Sources/ProxyBench"
        ),
    ],
    swiftLanguageModes: [.v6]
)
