/// An endpoint name that RDS gave, which says where the database is.
struct RDSHostName {
    /// The AWS region.
    let region: String

    /// Reads `….<region>.rds.amazonaws.com`; nil for any other name.
    init?(_ host: String) {
        let labels = host.lowercased().split(separator: ".")
        guard labels.count >= 5, labels.suffix(3).elementsEqual(["rds", "amazonaws", "com"]) else { return nil }
        region = String(labels[labels.count - 4])
    }
}
