import RDSIAMBasics

/// Where the instance metadata service is reached.
struct InstanceMetadataSettings {
    let context: CredentialContext
    let profile: SharedConfiguration.Section

    /// The endpoint: the variable, the profile's key, then the mode of either.
    func endpoint() throws -> HTTPURL {
        let variable = context.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT")
        guard let text = variable ?? profile.value("ec2_metadata_service_endpoint") else { return try byMode() }
        let absolute = text.contains("://") ? text.trimmed : "http://" + text.trimmed
        guard let url = HTTPURL(absolute) else {
            throw AWSCredentialError(
                .invalidConfiguration,
                "The instance metadata endpoint is not an http or https URL."
            )
        }
        return url
    }

    private func byMode() throws -> HTTPURL {
        let variable = context.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")
        let mode = (variable ?? profile.value("ec2_metadata_service_endpoint_mode") ?? "IPv4").trimmed.asciiLowercased()
        let text = ["ipv4": "http://169.254.169.254", "ipv6": "http://[fd00:ec2::254]"][mode]
        guard let text, let url = HTTPURL(text) else {
            throw AWSCredentialError(
                .invalidConfiguration,
                "The instance metadata endpoint mode is neither IPv4 nor IPv6."
            )
        }
        return url
    }
}
