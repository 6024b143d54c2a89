/// A type of the server's, by its object identifier (PostgreSQL, `pg_type.oid`).
public struct PGType: Sendable, Hashable {
    /// The object identifier.
    public let oid: UInt32

    /// Names a type by its object identifier.
    public init(oid: UInt32) { self.oid = oid }

    /// For a parameter: the type that the server infers from where it stands.
    public static let inferred = Self(oid: 0)
    /// `boolean`.
    public static let bool = Self(oid: 16)
    /// `bytea`.
    public static let bytea = Self(oid: 17)
    /// `name`, the type of identifiers in the catalog.
    public static let name = Self(oid: 19)
    /// `bigint`.
    public static let int8 = Self(oid: 20)
    /// `smallint`.
    public static let int2 = Self(oid: 21)
    /// `integer`.
    public static let int4 = Self(oid: 23)
    /// `text`.
    public static let text = Self(oid: 25)
    /// `oid`.
    public static let oid = Self(oid: 26)
    /// `json`.
    public static let json = Self(oid: 114)
    /// `real`.
    public static let float4 = Self(oid: 700)
    /// `double precision`.
    public static let float8 = Self(oid: 701)
    /// `character(n)`.
    public static let bpchar = Self(oid: 1042)
    /// `character varying`.
    public static let varchar = Self(oid: 1043)
    /// `date`.
    public static let date = Self(oid: 1082)
    /// `time without time zone`.
    public static let time = Self(oid: 1083)
    /// `timestamp without time zone`.
    public static let timestamp = Self(oid: 1114)
    /// `timestamp with time zone`.
    public static let timestamptz = Self(oid: 1184)
    /// `numeric`.
    public static let numeric = Self(oid: 1700)
    /// `uuid`.
    public static let uuid = Self(oid: 2950)
    /// `jsonb`.
    public static let jsonb = Self(oid: 3802)

    /// What PostgreSQL sends as plain text in the binary form, too, `xml` and the type of a bare literal among it.
    static let alsoText: Set<Self> = [.text, .bpchar, .varchar, .json, .name, Self(oid: 142), Self(oid: 705)]

    /// The types of which there are arrays, each with the type of the array.
    private static let arrays: [Self: UInt32] = [
        .bool: 1000, .bytea: 1001, .name: 1003, .int2: 1005, .int4: 1007, .text: 1009, .bpchar: 1014, .varchar: 1015,
        .int8: 1016, .float4: 1021, .float8: 1022, .oid: 1028, .json: 199, .timestamp: 1115, .date: 1182, .time: 1183,
        .timestamptz: 1185, .numeric: 1231, .uuid: 2951, .jsonb: 3807,
    ]

    private static let elements = Dictionary(uniqueKeysWithValues: arrays.map { (Self(oid: $1), $0) })

    /// The type of arrays of this type, or `nil` if it is not one of those above.
    package var array: Self? { Self.arrays[self].map(Self.init) }

    /// The type of an array's elements, or `nil` if this is no array of one of the types above.
    package var element: Self? { Self.elements[self] }
}

extension PGType: CustomStringConvertible {
    private static let names: [Self: String] = [
        .bool: "boolean", .bytea: "bytea", .name: "name", .int8: "bigint", .int2: "smallint", .int4: "integer",
        .text: "text", .oid: "oid", .json: "json", .float4: "real", .float8: "double precision", .bpchar: "character",
        .varchar: "character varying", .date: "date", .time: "time", .timestamp: "timestamp without time zone",
        .timestamptz: "timestamp with time zone", .numeric: "numeric", .uuid: "uuid", .jsonb: "jsonb",
    ]

    /// The name in SQL, or the object identifier.
    public var description: String {
        Self.names[self] ?? element.map { "\($0)[]" } ?? "with the OID \(oid)"
    }
}
