/// The strings that are read.
enum Inputs {
    /// 122 bytes.
    static let uri =
        "postgresql://app_user:s3cretpw@mydb.abc123xyz.eu-west-1.rds.amazonaws.com:5432/app"
        + "?sslmode=verify-full&sslrootcert=rds.pem"

    /// 131 bytes.
    static let keywordValue =
        "host=mydb.abc123xyz.eu-west-1.rds.amazonaws.com port=5432 dbname=app user=app_user sslmode=verify-full"
        + " sslrootcert=/etc/ssl/rds.pem"

    static let escapedURI =
        "postgresql://app%40corp:p%2Fw%3Ax%25y@db.example.com:5432/my%20db"
        + "?application_name=my%20app&options=-c%20statement_timeout%3D5s&sslmode=verify-full&connect_timeout=10"

    static let quoted =
        #"host=db.example.com port=5432 dbname='my db' user='o\'brien' password='a\\b c' application_name='my app'"#
        + " options='-c statement_timeout=5s' sslmode=verify-full"

    static func grown(to size: Int) -> [(name: String, text: String)] {
        let password = String(repeating: "x", count: size)
        return [("URI", "postgresql://u:\(password)@h/d"), ("keyword/value", "user=u password=\(password)")]
    }
}
