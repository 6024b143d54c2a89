/// How many single-byte insertions, deletions and substitutions turn `left` into `right` (Levenshtein), looking at no
/// more than the first 100 bytes of each, case aside.
func editDistance(_ left: String, _ right: String) -> Int {
    let left = Array(left.lowercased().utf8.prefix(100))
    let right = Array(right.lowercased().utf8.prefix(100))
    var row = Array(0...right.count)
    for (i, byte) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for j in right.indices {
            let substituted = diagonal + (byte == right[j] ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
        }
    }
    return row[right.count]
}
