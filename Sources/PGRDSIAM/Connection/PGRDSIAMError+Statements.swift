extension PGRDSIAMError.Code {
    /// A statement or a parameter that cannot be sent.
    ///
    /// Nothing was sent. Final.
    public static let invalidStatement = Self(description: "invalidStatement")
    /// A statement began a COPY, which was stopped.
    ///
    /// The connection can be used again; use ``PGConnection/withUnsafePGconn(_:)`` for COPY.
    public static let copyNotPossible = Self(description: "copyNotPossible")
    /// The result has no such column.
    public static let unknownColumn = Self(description: "unknownColumn")
    /// The column is NULL where a value was asked for.
    public static let unexpectedNull = Self(description: "unexpectedNull")
    /// The column's value is not of the type that was asked for, or does not fit into it.
    public static let typeMismatch = Self(description: "typeMismatch")
}

extension PGRDSIAMError {
    static let copy = PGRDSIAMError(
        .copyNotPossible,
        "a statement began a COPY, which was stopped; use withUnsafePGconn for COPY"
    )
}
