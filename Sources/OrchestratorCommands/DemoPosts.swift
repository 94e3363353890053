import Foundation

/// Posts of the demo's own.
enum DemoPosts {
    /// Writes them as files.
    ///
    /// - Parameter folder: where to; it is made.
    /// - Returns: the files; things happen to the first.
    /// - Throws: a ``CommandFailure`` if they cannot be written.
    static func write(to folder: String) throws -> [MarkdownFile] {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            return try texts.map { name, text in
                let path = "\(folder)/\(name)"
                try Data(text.utf8).write(to: URL(filePath: path))
                return MarkdownFile(path: path)
            }
        } catch {
            let reason = error.localizedDescription
            throw CommandFailure(.usage, "the demo's posts cannot be written to \(folder): \(reason)")
        }
    }

    private static let texts: KeyValuePairs = [
        "harbour.md": """
        # The harbour at five

        The boats go out before it is light. Two lamps burn on the pier, one for those who leave and one for those who
        wait.

        - The *Marta* takes the nets.
        - The *Linde* takes the ropes.

        """,
        "bread.md": """
        # Bread, slowly

        Flour, water, salt, and a night. Nothing in it can be hurried, and nothing has to be watched:

        1. Mix it in the evening.
        2. Fold it once before you sleep.
        3. Bake it when you wake.

        """,
        "two-clocks.md": """
        # Two clocks in one house

        They never agree. The one in the hall is *always* right, says my father; the one in the kitchen is right when the
        bread is done.

        > Who has two clocks never knows what time it is.

        """,
        "letters.md": """
        # 信

        写信的人在桥的这一边，读信的人在那一边。信要么到了，要么没有寄出。

        """,
    ]
}
