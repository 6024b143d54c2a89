/// The query as it is signed: names and values encoded, then sorted by name and by value.
enum CanonicalQuery {
    static func text(of fields: [SigV4Field]) -> String {
        fields.isEmpty
            ? ""
            : fields
                .map { (name: PercentEncoding.encode($0.name), value: PercentEncoding.encode($0.value)) }
                // Encoded text is ASCII, where the order of strings is the order of bytes.
                .sorted { $0.name == $1.name ? $0.value < $1.value : $0.name < $1.name }
                .map { "\($0.name)=\($0.value)" }
                .joined(separator: "&")
    }
}
