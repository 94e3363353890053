import TCC

/// Where a watch is shown: drawn on a terminal, or as lines.
protocol WatchDisplay: Sendable {
    /// There was a look, and it found changes, or failed.
    func looked(_ watch: TransactionWatch, _ changes: [TransactionRecord]) throws

    /// Somebody at the terminal did something.
    func happened(_ event: TerminalSignals.Event) throws

    /// Nothing more is shown.
    func end() throws
}
