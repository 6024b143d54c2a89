// swift-tools-version: 6.2

import PackageDescription

// A plugin as a third party writes it: its library depends on AuthTokens alone. The tests use the PostgreSQL adapter
// and the conformance kit as well.
let package = Package(
    name: "third-party-plugin",
    platforms: [.macOS(.v15)],
    products: [.library(name: "HouseTokens", targets: ["HouseTokens"])],
    dependencies: [.package(name: "pg-aws-rds-iam", path: "../..", traits: [])],
    targets: [
        .target(name: "HouseTokens", dependencies: [.product(name: "AuthTokens", package: "pg-aws-rds-iam")]),
        .testTarget(
            name: "HouseTokensTests",
            dependencies: [
                "HouseTokens", .product(name: "AuthTokensTesting", package: "pg-aws-rds-iam"),
                .product(name: "PGConninfo", package: "pg-aws-rds-iam"),
                .product(name: "PGRDSIAM", package: "pg-aws-rds-iam"),
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)
