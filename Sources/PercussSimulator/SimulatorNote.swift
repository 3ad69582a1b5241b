/// Something that happened in a ``Simulator``, for a log.
public struct SimulatorNote: Sendable {
  /// How much it matters.
  public enum Level: Sendable {
    case debug, info, warning, error
  }

  /// How much it matters.
  public var level: Level
  /// What happened, without a full stop.
  public var message: String
  /// What it happened to, by names such as `address`.
  public var details: [(String, String)]
}
