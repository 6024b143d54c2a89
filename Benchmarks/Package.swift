// swift-tools-version: 6.2

import PackageDescription

// Benchmarks beside a peer in the same run. Each is an executable NAME-bench, run by `bin/bench NAME`.
let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "pg-aws-rds-iam", path: "..", traits: [])],
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
    ],
    swiftLanguageModes: [.v6]
)
