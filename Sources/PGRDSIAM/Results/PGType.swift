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
    /// `timestamp with time zone`.
    public static let timestamptz = Self(oid: 1184)
    /// `numeric`.
    public static let numeric = Self(oid: 1700)
    /// `uuid`.
    public static let uuid = Self(oid: 2950)
    /// `jsonb`.
    public static let jsonb = Self(oid: 3802)

    /// `name`, `xml` and the type of a bare literal: what PostgreSQL sends as plain text in the binary form too.
    static let alsoText: Set<Self> = [.text, .bpchar, .varchar, .json, Self(oid: 19), Self(oid: 142), Self(oid: 705)]
}
