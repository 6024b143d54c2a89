/// Finds what a mistyped name may stand for.
package enum NearestName {
    /// Returns the name that needs the fewest edits to become `text`, or `nil` if none is near.
    ///
    /// Near means one edit, or one for every three bytes of the name. The first of equally near names wins.
    package static func find(_ text: String, among names: some Sequence<String>) -> String? {
        var best: (name: String, distance: Int)?
        for name in names {
            let distance = editDistance(name, text)
            if distance <= max(1, name.utf8.count / 3), distance < best?.distance ?? .max { best = (name, distance) }
        }
        return best?.name
    }

    /// Returns how many insertions, deletions and substitutions of one byte, and transpositions of two neighbors, turn
    /// one text into the other (optimal string alignment).
    ///
    /// The case of ASCII letters does not count, and neither does anything after the first 100 bytes.
    package static func editDistance(_ left: String, _ right: String) -> Int {
        let left = Array(left.asciiLowercased().utf8.prefix(100))
        let right = Array(right.asciiLowercased().utf8.prefix(100))
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (i, byte) in left.enumerated() {
            var row = [i + 1]
            for j in right.indices {
                var distance = min(last[j] + (byte == right[j] ? 0 : 1), row[j] + 1, last[j + 1] + 1)
                if i > 0, j > 0, byte == right[j - 1], left[i - 1] == right[j] {
                    distance = min(distance, beforeLast[j - 1] + 1)
                }
                row.append(distance)
            }
            (beforeLast, last) = (last, row)
        }
        return last[right.count]
    }
}
