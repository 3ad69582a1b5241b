public import PercussTime

/// How an in-memory radio connects and what goes wrong on it.
public struct RadioParameters: Sendable, Equatable {
  /// Time between connection events, 7.5 ms to 4 s (Core Vol 6 Part B 4.5.1).
  public var interval: Duration = .milliseconds(15)
  /// Connection events that the peripheral may skip when it has nothing to send, 0 to 499.
  public var peripheralLatency = 0
  /// Silence after which an end gives the link up, 100 ms to 32 s, and more than twice the time between the events that the peripheral attends.
  public var supervisionTimeout: Duration = .seconds(2)
  /// ATT_MTU in bytes, 23 to 517.
  public var maximumTransmissionUnit = 247
  /// Values that each direction carries in one connection event, 1 to 64. As many values without acknowledgement are queued at each end:
  /// beyond them a write waits for room, and a notification is refused. Bulk data of the central (commands to characteristics that take no requests)
  /// leaves 3 of them free where it can, so that a request, a confirmation or an urgent command never waits for a second event.
  public var eventCapacity = 6
  /// Probability that a packet is lost on the air, 0 to 0.9. The link layer sends it again in the next event: a delay, nothing more. Not
  /// drawn while nothing is queued.
  public var lossProbability = 0.0
  /// Probability that a host drops a value without acknowledgement (write command or notification) that has arrived, 0 to 1.
  public var dropProbability = 0.0
  /// Whether values without acknowledgement overtake each other, as between two BlueZ hosts with EATT on: any of the first three queued may go first.
  public var reordersUnacknowledged = false
  /// What happens to the radio, and when.
  public var disturbances: [RadioDisturbance] = []

  /// A good link: 15 ms interval, 2 s supervision timeout, ATT_MTU 247, no loss.
  public init() {}

  /// Checks the ranges.
  ///
  /// - Throws: ``LinkError/unavailable(_:)`` naming the parameter and its range.
  public func validate() throws(LinkError) {
    func require(_ condition: Bool, _ requirement: String) throws(LinkError) {
      guard condition else { throw LinkError.unavailable("radio parameters: \(requirement)") }
    }
    try require(
      interval >= .microseconds(7_500) && interval <= .seconds(4),
      "the connection interval is \(interval), but must be 7.5 ms to 4 s")
    try require(
      (0...499).contains(peripheralLatency), "the peripheral latency is \(peripheralLatency), but must be 0 to 499")
    try require(
      supervisionTimeout >= .milliseconds(100) && supervisionTimeout <= .seconds(32),
      "the supervision timeout is \(supervisionTimeout), but must be 100 ms to 32 s")
    let attended = interval * (1 + peripheralLatency)
    try require(
      supervisionTimeout > attended * 2,
      "the supervision timeout is \(supervisionTimeout), but must be more than twice (1 + latency) intervals, \(attended * 2)"
    )
    try require(
      (23...517).contains(maximumTransmissionUnit), "ATT_MTU is \(maximumTransmissionUnit), but must be 23 to 517")
    try require((1...64).contains(eventCapacity), "the event capacity is \(eventCapacity), but must be 1 to 64")
    try require((0...0.9).contains(lossProbability), "the loss probability is \(lossProbability), but must be 0 to 0.9")
    try require((0...1).contains(dropProbability), "the drop probability is \(dropProbability), but must be 0 to 1")
  }
}

/// Something that happens to a radio from one instant to another.
public struct RadioDisturbance: Sendable, Hashable {
  /// What happens.
  public enum Kind: Sendable, Hashable {
    /// Nothing that is queued moves, but the link layers go on hearing each other, as with a busy host. Ends no link, and does not keep one from being closed.
    case stall
    /// Neither end hears the other. Longer than the supervision timeout, both give up.
    case outage
    /// The central hears nothing, the peripheral everything: the central gives up first, and the peripheral one supervision timeout later.
    case centralDeaf
  }

  /// What happens.
  public var kind: Kind
  /// When it begins.
  public var from: MonotonicInstant
  /// When it has ended.
  public var until: MonotonicInstant

  /// A disturbance of the timeline's instants; one that ends before it begins has no effect.
  public init(_ kind: Kind, from: MonotonicInstant, until: MonotonicInstant) {
    self.kind = kind
    self.from = from
    self.until = until
  }

  func covers(_ instant: MonotonicInstant) -> Bool { from <= instant && instant < until }
}

/// What a radio link has done so far.
public struct RadioStatistics: Sendable, Hashable {
  /// Connection events in which something was to be sent; idle ones are not counted.
  public var activeEvents = 0
  /// Packets with a value, request or response that arrived at the peripheral.
  public var deliveredToPeripheral = 0
  /// Packets with a value, request or response that arrived at the central.
  public var deliveredToCentral = 0
  /// Packets lost on the air and sent again.
  public var retransmissions = 0
  /// Values that a host dropped on arrival.
  public var dropped = 0
  /// Notifications and indications refused because a queue was full.
  public var refused = 0
  /// Values that overtook another.
  public var reordered = 0

  /// Nothing yet.
  public init() {}
}
