import AWSCredentialSources

extension RefreshTests {
    /// What is drawn by lot is drawn from the whole range.
    static let draws: [RefreshStory] = [
        RefreshStory(
            name: "the shortest pause after a failure is 300 seconds",
            dice: 0,
            steps: [
                .gives("A", 3600), .gets("A", fetches: 1), .fails(RefreshStory.outage), .passes(2700),
                .gets("A", fetches: 2), .passes(299), .gets("A", fetches: 2), .passes(1), .gets("A", fetches: 3),
            ]
        ),
        RefreshStory(
            name: "three quarters of the way to the longest it is 525",
            dice: 0.75,
            steps: [
                .gives("A", 3600), .gets("A", fetches: 1), .fails(RefreshStory.outage), .passes(2700),
                .gets("A", fetches: 2), .passes(524), .gets("A", fetches: 2), .passes(1), .gets("A", fetches: 3),
            ]
        ),
        RefreshStory(
            name: "a refusal is cached for a second at least",
            dice: 0,
            steps: [
                .fails(RefreshStory.denied), .getsError(.refused, fetches: 1), .passes(0.9),
                .getsError(.refused, fetches: 1), .passes(0.1), .getsError(.refused, fetches: 2),
            ]
        ),
        RefreshStory(
            name: "three quarters of the way to the longest it is four",
            dice: 0.75,
            steps: [
                .fails(RefreshStory.denied), .getsError(.refused, fetches: 1), .passes(3.9),
                .getsError(.refused, fetches: 1), .passes(0.1), .getsError(.refused, fetches: 2),
            ]
        ),
        RefreshStory(
            name: "a failed refresh chooses no other window",
            steps: [
                .gives("A", 5400), .gets("A", fetches: 1), .fails(RefreshStory.outage), .passes(1800),
                .gets("A", fetches: 2), .gives("B", 5400), .passes(450), .gets("B", fetches: 3),
            ]
        ),
        RefreshStory(
            name: "throttling can be cured",
            steps: [
                .gives("A", 3600), .gets("A", fetches: 1), .passes(2700),
                .fails(AWSCredentialError(.serviceUnavailable, "no", serviceCode: "Throttling")),
                .gets("A", fetches: 2), .gets("A", fetches: 2),
            ]
        ),
    ]
}
