import RDSIAMBasics

/// An endpoint name that Redshift gave: `<cluster>.<id>.<region>.redshift.amazonaws.com`, or with an account and
/// `redshift-serverless`.
struct RedshiftHostName {
    /// The cluster's identifier or the workgroup's name.
    let target: String
    /// The region.
    let region: String

    /// Returns `nil` if Redshift did not give the name.
    init?(_ host: String) {
        let name = HostName(host)
        guard let labels = ["amazonaws.com", "amazonaws.com.cn"].lazy.compactMap(name.labels(before:)).first,
            labels.count == 4, let target = labels.first, let service = labels.last, !target.isEmpty,
            ["redshift", "redshift-serverless"].contains(where: { service.isBytewiseEqual(to: $0) })
        else { return nil }
        let region = labels[labels.endIndex - 2]
        guard SigningRegion.hasShape(region) else { return nil }
        (self.target, self.region) = (target, region)
    }
}
