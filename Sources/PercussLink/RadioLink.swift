public import PercussTime

/// One end of a radio link.
public enum RadioEnd: Sendable, Hashable, CaseIterable {
  /// The end that began the link and sets its rhythm.
  case central
  /// The end that advertised.
  case peripheral
}

/// The link layer of one connection: decides what moves at which connection event, and when an end gives up.
///
/// Call ``advance(to:)`` with the present instant before anything else. Events are at fixed instants, one interval apart. In each, the central sends first and the peripheral answers, packet by packet, until both queues are empty,
/// a packet is lost, or the event is full (Core Vol 6 Part B 4.5.1). No clock and no I/O.
///
/// ```swift
/// var link = RadioLink<String>(parameters: parameters, start: .zero, seed: 7)
/// link.send("hello", from: .central, isAcknowledged: false, at: now)
/// link.nextWakeUp                       // the next connection event
/// link.advance(to: later)               // [.delivered("hello", to: .peripheral)]
/// ```
///
/// Idle events are not computed one by one: a link on which nothing is queued wants no wake-up but for a disturbance. Losses are
/// therefore drawn only while something is queued.
public struct RadioLink<Payload: Sendable>: Sendable {
  /// What has happened on the link.
  public enum Output {
    /// A payload arrived at an end.
    case delivered(Payload, to: RadioEnd)
    /// The link has ended for an end.
    case disconnected(RadioEnd, DisconnectReason)
  }

  struct Packet {
    let payload: Payload
    let isAcknowledged: Bool
  }

  /// Where a connection event's number counts from; event 0 is the one in which the link was made.
  let start: MonotonicInstant
  let interval: Int64
  /// What the link goes by. Disturbances may be added at any time.
  public internal(set) var parameters: RadioParameters
  /// What the link has done.
  public internal(set) var statistics = RadioStatistics()

  var toPeripheral: [Packet] = []
  var toCentral: [Packet] = []
  /// Ends that neither send nor hear any more.
  var gone: Set<RadioEnd> = []
  /// The end that is closing the link.
  var closing: RadioEnd?
  /// Whether the central has had no answer to its last packet, and sends that one again before any other.
  var centralRepeats = false
  /// The last event that is past.
  var lastEvent: Int64 = 0
  /// The first event that the peripheral attends whether it has something to send or not.
  var nextAttended: Int64 = 1
  var lastHeard: [RadioEnd: MonotonicInstant]
  /// How far idle time has been accounted for.
  var accounted: MonotonicInstant
  private var random: SeededGenerator

  /// A link made at `start`.
  ///
  /// - Parameters:
  ///   - parameters: within their ranges, see ``RadioParameters/validate()``.
  ///   - seed: decides over losses, drops and reordering.
  public init(parameters: RadioParameters, start: MonotonicInstant, seed: UInt64) {
    self.parameters = parameters
    self.start = start
    interval = max(1, parameters.interval.wholeNanoseconds)
    lastHeard = [.central: start, .peripheral: start]
    accounted = start
    random = SeededGenerator(seed: seed).stream("radio link")
  }

  /// Whether the end is still connected.
  public func isConnected(_ end: RadioEnd) -> Bool { !gone.contains(end) }

  /// How many more values without acknowledgement the end may queue.
  public func room(at end: RadioEnd) -> Int {
    let queue = end == .central ? toPeripheral : toCentral
    return max(0, parameters.eventCapacity - queue.count { !$0.isAcknowledged })
  }

  /// Queues a payload for the next connection event after `now`.
  ///
  /// Acknowledged payloads (requests, responses, indications, confirmations) are always taken: ATT has one of each kind on its way.
  ///
  /// - Returns: false when the end is not connected, is closing the link or has no ``room(at:)``.
  @discardableResult
  public mutating func send(
    _ payload: Payload, from end: RadioEnd, isAcknowledged: Bool, at now: MonotonicInstant
  ) -> Bool {
    guard isConnected(end), closing != end, isAcknowledged || room(at: end) > 0 else { return false }
    accountForIdleTime(until: now)
    let packet = Packet(payload: payload, isAcknowledged: isAcknowledged)
    if end == .central { toPeripheral.append(packet) } else { toCentral.append(packet) }
    return true
  }

  /// Closes the link from one end in the next event that it can use. What the end has queued is dropped.
  public mutating func close(from end: RadioEnd, at now: MonotonicInstant) {
    guard isConnected(end), closing == nil else { return }
    accountForIdleTime(until: now)
    closing = end
    if end == .central { toPeripheral.removeAll() } else { toCentral.removeAll() }
  }

  /// Takes an end off the air without a word, as when its process is killed or its power fails. It learns nothing any more; the
  /// other end notices by the supervision timeout.
  public mutating func vanish(_ end: RadioEnd, at now: MonotonicInstant) {
    accountForIdleTime(until: now)
    remove(end)
  }

  /// Adds a disturbance; what of it is past has no effect.
  public mutating func disturb(_ disturbance: RadioDisturbance, at now: MonotonicInstant) {
    accountForIdleTime(until: now)
    parameters.disturbances.append(disturbance)
  }

  /// When ``advance(to:)`` wants to be called next; nil when nothing will happen by itself.
  public var nextWakeUp: MonotonicInstant? {
    [nextDataEvent().map(instant(of:)), nextGivingUp()?.instant, nextSilence()].compactMap(\.self).min()
  }

  /// Lets time pass until `now`, and tells what happened, in order.
  public mutating func advance(to now: MonotonicInstant) -> [Output] {
    var outputs: [Output] = []
    while let next = nextWakeUp, next <= now {
      if let (end, instant) = nextGivingUp(), instant <= next {
        accountForIdleTime(until: instant)
        remove(end)
        outputs.append(.disconnected(end, closing == end ? .closedLocally : .supervisionTimeout))
      } else if let event = nextDataEvent(), instant(of: event) == next {
        perform(event, &outputs)
      } else {
        accountForIdleTime(until: next)
      }
    }
    accountForIdleTime(until: now)
    return outputs
  }

  mutating func countRefused() { statistics.refused += 1 }

  mutating func remove(_ end: RadioEnd) {
    gone.insert(end)
    if end == .central { toPeripheral.removeAll() } else { toCentral.removeAll() }
  }

  /// One connection event in which something is queued, and that no disturbance covers for both ends.
  private mutating func perform(_ event: Int64, _ outputs: inout [Output]) {
    let instant = instant(of: event)
    accountForIdleTime(until: MonotonicInstant(nanoseconds: instant.nanoseconds &- 1))
    lastEvent = event
    accounted = instant
    statistics.activeEvents += 1
    let centralHears = hears(.central, at: instant)
    // What an end has queued now; what it queues in answer to this event goes into the next.
    let capacity = isStalled(at: instant) ? 0 : parameters.eventCapacity
    var fromCentral = min(toPeripheral.count, capacity)
    var fromPeripheral = min(toCentral.count, capacity)
    var isFirst = true
    while isFirst || fromCentral > 0 || fromPeripheral > 0 {
      if random.chance(parameters.lossProbability) {
        statistics.retransmissions += 1
        // Having heard nothing, the peripheral attends the next event.
        if isFirst { nextAttended = event + 1 }
        return
      }
      lastHeard[.peripheral] = instant
      nextAttended = event + 1 + Int64(parameters.peripheralLatency)
      if closing == .central { return end(by: .central, &outputs) }
      if fromCentral > 0, !centralRepeats {
        fromCentral -= 1
        deliver(takeFirst(for: .peripheral), to: .peripheral, &outputs)
      }
      if !centralHears || random.chance(parameters.lossProbability) {
        statistics.retransmissions += 1
        centralRepeats = true
        return
      }
      centralRepeats = false
      lastHeard[.central] = instant.advanced(by: Self.answerDelay)
      if closing == .peripheral { return end(by: .peripheral, &outputs) }
      if fromPeripheral > 0 {
        fromPeripheral -= 1
        deliver(takeFirst(for: .central), to: .central, &outputs)
      }
      isFirst = false
    }
  }

  /// How much later the central hears its peripheral: an empty packet on the 1M PHY and the inter-frame space, 80 and 150 us.
  static var answerDelay: Duration { .microseconds(230) }

  private mutating func end(by end: RadioEnd, _ outputs: inout [Output]) {
    let other: RadioEnd = end == .central ? .peripheral : .central
    remove(end)
    remove(other)
    outputs.append(.disconnected(other, .closedByRemote))
    outputs.append(.disconnected(end, .closedLocally))
  }

  private mutating func takeFirst(for end: RadioEnd) -> Packet {
    var index = 0
    if parameters.reordersUnacknowledged {
      let queue = end == .peripheral ? toPeripheral : toCentral
      let window = queue.prefix(3).prefix { !$0.isAcknowledged }.count
      if window > 1 { index = Int(random.next(upperBound: UInt64(window))) }
      if index > 0 { statistics.reordered += 1 }
    }
    return end == .peripheral ? toPeripheral.remove(at: index) : toCentral.remove(at: index)
  }

  private mutating func deliver(_ packet: Packet, to end: RadioEnd, _ outputs: inout [Output]) {
    if !packet.isAcknowledged, random.chance(parameters.dropProbability) {
      statistics.dropped += 1
      return
    }
    if end == .peripheral { statistics.deliveredToPeripheral += 1 } else { statistics.deliveredToCentral += 1 }
    outputs.append(.delivered(packet.payload, to: end))
  }
}
