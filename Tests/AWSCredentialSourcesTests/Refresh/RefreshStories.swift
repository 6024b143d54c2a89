import AWSCredentialSources

extension RefreshTests {
    private static let hour = 3600.0

    /// When the cache asks again.
    static let windows: [RefreshStory] = [
        RefreshStory(
            name: "fresh credentials stay cached",
            steps: [
                .gives("A", hour), .gets("A", fetches: 1), .passes(2699), .gets("A", fetches: 1),
            ]
        ),
        RefreshStory(
            name: "20 minutes of life: refreshed 5 minutes early",
            steps: [
                .gives("A", 1200), .gets("A", fetches: 1), .gives("B", 1200), .passes(899), .gets("A", fetches: 1),
                .passes(1), .gets("B", fetches: 2),
            ]
        ),
        RefreshStory(
            name: "just over 20 minutes: refreshed 15 minutes early",
            steps: [
                .gives("A", 1201), .gets("A", fetches: 1), .gives("B", 1201), .passes(300), .gets("A", fetches: 1),
                .passes(1), .gets("B", fetches: 2),
            ]
        ),
        RefreshStory(
            name: "just under 90 minutes: refreshed 15 minutes early",
            steps: [
                .gives("A", 5399), .gets("A", fetches: 1), .gives("B", 5399), .passes(4498), .gets("A", fetches: 1),
                .passes(1), .gets("B", fetches: 2),
            ]
        ),
        RefreshStory(
            name: "90 minutes: refreshed an hour early",
            steps: [
                .gives("A", 5400), .gets("A", fetches: 1), .gives("B", 5400), .passes(1799), .gets("A", fetches: 1),
                .passes(1), .gets("B", fetches: 2),
            ]
        ),
        RefreshStory(
            name: "six hours: refreshed an hour early",
            steps: [
                .gives("A", 21600), .gets("A", fetches: 1), .gives("B", 21600), .passes(17999), .gets("A", fetches: 1),
                .passes(1), .gets("B", fetches: 2),
            ]
        ),
        RefreshStory(
            name: "a window that the policy sets",
            policy: policy { $0.advisoryWindow = 120 },
            steps: [
                .gives("A", hour), .gets("A", fetches: 1), .gives("B", hour), .passes(3479), .gets("A", fetches: 1),
                .passes(1), .gets("B", fetches: 2),
            ]
        ),
        RefreshStory(
            name: "the new lifetime chooses the window",
            steps: [
                .gives("A", 21600), .gets("A", fetches: 1), .gives("B", 1200), .passes(18000), .gets("B", fetches: 2),
                .passes(899), .gets("B", fetches: 2), .gives("C", hour), .passes(1), .gets("C", fetches: 3),
            ]
        ),
        RefreshStory(
            name: "credentials that come with little life are not fetched at each call",
            steps: [
                .gives("A", 240), .gets("A", fetches: 1), .gets("A", fetches: 1), .passes(44), .gets("A", fetches: 1),
                .gives("B", hour), .passes(1), .gets("B", fetches: 2),
            ]
        ),
        RefreshStory(
            name: "static keys stay cached for ever",
            kind: .static,
            steps: [
                .gives("A", nil), .gets("A", fetches: 1), .passes(1_000_000), .gets("A", fetches: 1),
            ]
        ),
        RefreshStory(
            name: "a process without an expiry is not run again",
            kind: .process,
            steps: [
                .gives("A", nil), .gets("A", fetches: 1), .passes(1_000_000), .gets("A", fetches: 1),
            ]
        ),
        RefreshStory(
            name: "keys in a file are read again after five minutes",
            kind: .profile,
            steps: [
                .gives("A", nil), .gets("A", fetches: 1), .gives("B", nil), .passes(299), .gets("A", fetches: 1),
                .passes(1), .gets("B", fetches: 2),
            ]
        ),
    ]

    /// What happens if the source fails.
    static let failures: [RefreshStory] = [
        RefreshStory(
            name: "a first fetch that fails is repeated at once",
            steps: [
                .fails(RefreshStory.outage), .getsError(.serviceUnavailable, fetches: 1),
                .getsError(.serviceUnavailable, fetches: 2), .gives("A", hour), .gets("A", fetches: 3),
            ]
        ),
        RefreshStory(
            name: "a refresh that fails leaves what there is, and is not repeated for minutes",
            steps: [
                .gives("A", hour), .gets("A", fetches: 1), .fails(RefreshStory.outage), .passes(2700),
                .gets("A", fetches: 2), .passes(449), .gets("A", fetches: 2), .passes(1), .gets("A", fetches: 3),
                .gives("B", hour), .passes(450), .gets("B", fetches: 4),
            ]
        ),
        RefreshStory(
            name: "five minutes left and the source down: served, not hammered",
            steps: [
                .gives("A", hour), .gets("A", fetches: 1), .fails(RefreshStory.outage), .passes(3300),
                .gets("A", fetches: 2), .gets("A", fetches: 2), .passes(60), .gets("A", fetches: 2), .passes(200),
                .gets("A", fetches: 2), .signs(900, "A", fetches: 2),
            ]
        ),
        RefreshStory(
            name: "in the last minute a failing refresh still leaves what there is",
            steps: [
                .gives("A", hour), .gets("A", fetches: 1), .fails(RefreshStory.outage), .passes(3545),
                .gets("A", fetches: 2), .passes(10), .gets("A", fetches: 2),
            ]
        ),
        RefreshStory(
            name: "AWS's own credentials are served past their end",
            steps: [
                .gives("A", hour), .gets("A", fetches: 1), .fails(RefreshStory.outage), .passes(3700),
                .gets("A", fetches: 2), .passes(100), .gets("A", fetches: 2),
            ]
        ),
        RefreshStory(
            name: "but never to a caller that signs for later use; for that caller another attempt follows soon",
            steps: [
                .gives("A", hour), .gets("A", fetches: 1), .fails(RefreshStory.outage), .passes(3700),
                .signsError(900, .serviceUnavailable, fetches: 2), .signsError(900, .serviceUnavailable, fetches: 2),
                .gets("A", fetches: 2), .passes(3), .signsError(900, .serviceUnavailable, fetches: 3),
                .gives("B", hour), .passes(3), .signs(900, "B", fetches: 4),
            ]
        ),
        RefreshStory(
            name: "a process's credentials are never served past their end",
            kind: .process,
            steps: [
                .gives("A", hour), .gets("A", fetches: 1), .fails(RefreshStory.outage), .passes(3700),
                .getsError(.serviceUnavailable, fetches: 2), .gives("B", hour), .passes(3), .gets("B", fetches: 3),
            ]
        ),
        RefreshStory(
            name: "serving past the end can be switched off",
            policy: policy { $0.servesExpired = false },
            steps: [
                .gives("A", hour), .gets("A", fetches: 1), .fails(RefreshStory.outage), .passes(3700),
                .getsError(.serviceUnavailable, fetches: 2),
            ]
        ),
        RefreshStory(
            name: "an answer that is expired already counts as a failure",
            steps: [
                .gives("A", hour), .gets("A", fetches: 1), .gives("B", -10), .passes(2700), .gets("A", fetches: 2),
                .passes(449), .gets("A", fetches: 2), .gives("C", hour), .passes(1), .gets("C", fetches: 3),
            ]
        ),
        RefreshStory(
            name: "a first answer that is expired is served, but not for signing",
            kind: .instanceMetadata,
            steps: [
                .gives("A", -10), .gets("A", fetches: 1), .gets("A", fetches: 1),
                .signsError(900, .expired, fetches: 1),
                .gives("B", hour), .passes(3), .signs(900, "B", fetches: 2), .gets("B", fetches: 2),
            ]
        ),
        RefreshStory(
            name: "a refusal is thrown at once and cached for seconds",
            steps: [
                .gives("A", hour), .gets("A", fetches: 1), .fails(RefreshStory.denied), .passes(2700),
                .getsError(.refused, fetches: 2), .getsError(.refused, fetches: 2), .passes(2.9),
                .getsError(.refused, fetches: 2), .gives("B", hour), .passes(0.1), .gets("B", fetches: 3),
            ]
        ),
        RefreshStory(
            name: "a refused first fetch is cached too",
            steps: [
                .fails(RefreshStory.denied), .getsError(.refused, fetches: 1), .getsError(.refused, fetches: 1),
                .gives("A", hour), .passes(3), .gets("A", fetches: 2),
            ]
        ),
        RefreshStory(
            name: "an expired token of an identity provider can be cured",
            kind: .webIdentity,
            steps: [
                .gives("A", hour), .gets("A", fetches: 1), .passes(2700),
                .fails(AWSCredentialError(.refused, "no", serviceCode: "ExpiredTokenException")),
                .gets("A", fetches: 2),
                .gets("A", fetches: 2),
            ]
        ),
        RefreshStory(
            name: "an invalid token of an identity provider cannot",
            kind: .webIdentity,
            steps: [
                .gives("A", hour), .gets("A", fetches: 1), .passes(2700),
                .fails(AWSCredentialError(.refused, "no", serviceCode: "InvalidIdentityToken")),
                .getsError(.refused, fetches: 2),
            ]
        ),
        RefreshStory(
            name: "an ended sign-in cannot either",
            kind: .sso,
            steps: [
                .gives("A", hour), .gets("A", fetches: 1), .passes(2700),
                .fails(AWSCredentialError(.signInRequired, "no")), .getsError(.signInRequired, fetches: 2),
            ]
        ),
        RefreshStory(
            name: "a file that is broken for a while leaves what there is",
            kind: .profile,
            steps: [
                .gives("A", nil), .gets("A", fetches: 1), .fails(AWSCredentialError(.invalidConfiguration, "no")),
                .passes(300), .gets("A", fetches: 2), .gives("B", nil), .passes(450), .gets("B", fetches: 3),
            ]
        ),
    ]

    /// What callers can ask for.
    static let wishes: [RefreshStory] = [
        RefreshStory(
            name: "a caller that signs for later use makes it refresh early",
            steps: [
                .gives("A", hour), .gets("A", fetches: 1), .gives("B", hour), .passes(2690),
                .signs(900, "A", fetches: 1),
                .signs(930, "B", fetches: 2),
            ]
        ),
        RefreshStory(
            name: "life shorter than the wish is served, and not fetched at each call",
            steps: [
                .gives("A", 900), .signs(960, "A", fetches: 1), .signs(960, "A", fetches: 1), .passes(44),
                .signs(960, "A", fetches: 1), .gives("B", 900), .passes(1), .signs(960, "B", fetches: 2),
            ]
        ),
        RefreshStory(
            name: "a failing early refresh serves what lives",
            steps: [
                .gives("A", hour), .gets("A", fetches: 1), .fails(RefreshStory.outage), .passes(3000),
                .signs(900, "A", fetches: 2), .signs(900, "A", fetches: 2),
            ]
        ),
        RefreshStory(
            name: "keys without an expiry satisfy every wish",
            kind: .static,
            steps: [
                .gives("A", nil), .signs(1_000_000, "A", fetches: 1), .signs(1_000_000, "A", fetches: 1),
            ]
        ),
        RefreshStory(
            name: "invalidate makes the next caller refresh",
            steps: [
                .gives("A", hour), .gets("A", fetches: 1), .gives("B", hour), .invalidate("A"), .gets("B", fetches: 2),
                .gets("B", fetches: 2),
            ]
        ),
        RefreshStory(
            name: "invalidate of other keys changes nothing",
            steps: [
                .gives("A", hour), .gets("A", fetches: 1), .gives("B", hour), .invalidate("X"), .gets("A", fetches: 1),
            ]
        ),
        RefreshStory(
            name: "invalidate does not cut a pause short",
            steps: [
                .gives("A", hour), .gets("A", fetches: 1), .fails(RefreshStory.outage), .passes(2700),
                .gets("A", fetches: 2), .invalidate("A"), .gets("A", fetches: 2), .gives("B", hour), .passes(450),
                .gets("B", fetches: 3),
            ]
        ),
        RefreshStory(
            name: "a clock that goes back changes nothing for the worse",
            steps: [
                .gives("A", hour), .gets("A", fetches: 1), .passes(-7200), .gets("A", fetches: 1), .passes(7200 + 2700),
                .gives("B", hour), .gets("B", fetches: 2),
            ]
        ),
    ]

    private static func policy(_ change: (inout RefreshPolicy) -> Void) -> RefreshPolicy {
        var policy = RefreshPolicy()
        change(&policy)
        return policy
    }
}
