// swift-tools-version: 6.2

import PackageDescription

// A program that reads Rails' database.yml through swift-configuration, as the guide "From the Ruby gem" shows. It is a
// package of its own because the package itself does without a reader of YAML.
let package = Package(
    name: "database-yml",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "pg-aws-rds-iam", path: "../..", traits: []),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
    ],
    targets: [
        .target(
            name: "DatabaseYML",
            dependencies: [
                .product(name: "PGRDSIAM", package: "pg-aws-rds-iam"),
                .product(name: "Configuration", package: "swift-configuration"),
            ]
        ),
        .testTarget(name: "DatabaseYMLTests", dependencies: ["DatabaseYML"]),
    ],
    swiftLanguageModes: [.v6]
)
