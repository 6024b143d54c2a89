import CLibpq
public import PGConninfo

extension Conninfo.ExtensionKeywords {
    /// The keyword that names the generator.
    ///
    /// Connection strings without it are libpq's alone.
    public static let generatorKeyword = "aws_rds_iam_auth_token_generator"

    /// The keywords this package adds to libpq's: the generator's name and what is handed on to it.
    public static let rdsIAM = Self([
        generatorKeyword, "aws_rds_iam_region", "aws_rds_iam_host", "aws_rds_iam_port", "aws_rds_iam_credentials",
        "aws_rds_iam_profile", "aws_rds_iam_role_arn",
    ])
}

extension Conninfo.Dialect {
    /// The rules of the libpq that this process has loaded.
    public static var linked: Self { Self(libpqVersion: Int(PQlibVersion())) }
}
