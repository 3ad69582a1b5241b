public import PercussTime
internal import PercussWire

extension Session {
  /// When a request is to be written.
  public struct Timing: Equatable, Sendable {
    /// Not before this instant, and as soon as possible after it.
    public var due: MonotonicInstant
    /// After this instant not at all.
    public var latest: MonotonicInstant

    /// An instant, and how much later is still in time.
    public init(due: MonotonicInstant, latest: MonotonicInstant = .distantFuture) {
      self.due = due
      self.latest = latest
    }
  }

  /// The bounds of every wait and queue.
  public struct Limits: Sendable {
    /// How long a response may take before its request is written again (`response_timeout` in percuss.yaml).
    public var responseTimeout: Duration = .milliseconds(Int64(WireConstants.responseTimeoutMilliseconds))
    /// The same for a stop, whose caller must learn early that it has to reach for the button.
    public var stopTimeout: Duration = .milliseconds(500)
    /// How often a request is written in all before it ends with `.noResponse`.
    public var attempts = 3
    /// The same for a stop.
    public var stopAttempts = 6
    /// The pause before a request that the device had no room for (ATT error 0xFE) is written once more.
    public var backOff: Duration = .milliseconds(100)
    /// How many requests wait for their turn.
    public var waiting = 32
    /// How many stops are under way with sequence numbers of their own; more join the newest, which is then written again.
    public var parallelStops = 4

    /// The values that suit a Bluetooth LE link.
    public init() {}
  }

  /// What went over the link besides the plain sailing.
  public struct Statistics: Equatable, Sendable {
    /// Events that the device counted but that never arrived.
    public internal(set) var missedEvents = 0
    /// Telemetry that the device counted but that never arrived.
    public internal(set) var missedTelemetry = 0
    /// Events that came twice, and telemetry that came twice or too late; dropped.
    public internal(set) var droppedNotifications = 0
    /// Responses that belong to no request under way: repeated, too late, or never asked for; dropped.
    public internal(set) var unmatchedResponses = 0
    /// Values that could not be decoded; dropped.
    public internal(set) var malformedValues = 0
    /// Requests written again for want of an answer.
    public internal(set) var repeatedRequests = 0
  }
}
