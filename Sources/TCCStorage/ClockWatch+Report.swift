package import Logging
package import TCC

extension ClockWatch {
    /// Looks at a world's clocks, and logs a jump of the wall clock.
    ///
    /// - Parameters:
    ///   - world: whose clocks.
    ///   - logger: where it is logged.
    ///   - level: how important it is.
    /// - Returns: what came since the last look.
    package mutating func lookAndReport(_ world: World, _ logger: Logger, _ level: Logger.Level = .warning) -> Look {
        let look = look(wall: world.wallClock(), elapsed: world.elapsed())
        if let jump = look.jump {
            logger.log(
                level: level,
                "The wall clock jumped; deadlines, tokens and forgetting go by it",
                metadata: ["tcc.clock": "\(look.wall)", "tcc.jump.seconds": "\(jump.components.seconds)"]
            )
        }
        return look
    }
}
