public import PercussTime

/// What a device's clock shows, as far as exchanges of clock readings tell: an estimate with a bound that holds.
///
/// ```
/// host     t0 ───────────────────────────────── t3        round trip r = (t3 - t0) - hold
///            \  request                  reply /          the device's clock showed d somewhere between t0 and t3 - hold
/// device      ▔▔▔▔▔▔▔▔▔▔▔ d ── hold ▔▔▔▔▔▔▔▔▔▔            whatever the asymmetry of the two ways
/// ```
///
/// Each exchange confines the device's clock at every other instant, since no clock drifts by more than ``driftLimitPartsPerMillion``. What all of them
/// allow is the bound. Within it the estimate is a straight line through the exchanges of the shortest round trips, in which older ones count less.
/// It does no I/O and reads no clock. It never holds more than ``sampleLimit`` exchanges. Source: section 18 of the specification.
///
/// ```swift
/// if let reading = estimator.reading(at: timeline.now) { print(reading.deviceMicroseconds, "±", reading.uncertainty) }
/// ```
public struct ClockEstimator: Sendable {
  /// What the device's clock shows at an instant of the host's.
  public struct Reading: Equatable, Sendable {
    /// The device's clock, in microseconds.
    public var deviceMicroseconds: UInt64
    /// How wrong that can be, to either side.
    public var uncertainty: Duration
  }

  /// The instant of the host's clock at which the device's shows something.
  public struct HostReading: Equatable, Sendable {
    /// The host's clock.
    public var instant: MonotonicInstant
    /// How wrong that can be, to either side.
    public var uncertainty: Duration
  }

  /// The drift between the two clocks that is reckoned with; crystals are far better.
  public static let driftLimitPartsPerMillion = 250.0
  /// How many exchanges are held; older ones are forgotten.
  public static let sampleLimit = 64
  /// How many exchanges follow each other quickly at first.
  public static let fastStart = 8
  /// The time between those.
  public static let fastInterval: Duration = .milliseconds(50)
  /// The time between exchanges afterwards.
  public static let interval: Duration = .seconds(1)

  /// How many exchanges it has made use of.
  public private(set) var acceptedCount = 0
  /// How many it could not use: held back for too long, of a negative round trip, or contradicting those before and after.
  public private(set) var rejectedCount = 0
  /// How often the device's clock has begun anew, or jumped. What was known before counted no more from then on.
  public private(set) var resetCount = 0

  private var exchanges: [Exchange] = []
  /// An exchange that contradicts the others: a wrong one, or the first one after a reset. The next tells.
  private var suspect: Exchange?
  private var hostOrigin = MonotonicInstant.zero
  private var deviceOrigin: UInt64 = 0
  private var line: Line?

  /// An estimator that knows nothing yet.
  public init() {}

  // MARK: Reading

  /// What the device's clock shows at an instant of the host's, past or to come; nil where nothing is known, or in doubt after a jump.
  public func reading(at instant: MonotonicInstant) -> Reading? {
    guard suspect == nil, let line else { return nil }
    let host = hostMicroseconds(instant)
    let bounds = Self.bounds(of: exchanges, at: host)
    let estimate = min(max(line.value(at: host), bounds.lowerBound), bounds.upperBound)
    let uncertainty = max(bounds.upperBound - estimate, estimate - bounds.lowerBound) + Self.exactness
    guard abs(estimate) < 9e15 else { return nil }
    return Reading(
      deviceMicroseconds: deviceOrigin &+ UInt64(bitPattern: Int64(estimate.rounded())),
      uncertainty: .nanoseconds(Int64((uncertainty * 1_000).rounded(.up))))
  }

  /// The instant of the host's clock at which the device's shows that many microseconds; nil as for ``reading(at:)``.
  public func hostReading(ofDeviceMicroseconds microseconds: UInt64) -> HostReading? {
    guard let line else { return nil }
    let target = Double(Int64(bitPattern: microseconds &- deviceOrigin))
    var host = line.host(at: target)
    // The bounds may have moved the reading off the line: once more, from where that is.
    for _ in 0..<2 {
      guard abs(host) < 9e12, let there = reading(at: instant(host)) else { return nil }
      host += Double(Int64(bitPattern: microseconds &- there.deviceMicroseconds))
    }
    guard abs(host) < 9e12, let there = reading(at: instant(host)) else { return nil }
    let rest = Duration.microseconds(Int64(bitPattern: microseconds &- there.deviceMicroseconds))
    let uncertainty = there.uncertainty + (rest < .zero ? .zero - rest : rest)
    return HostReading(instant: instant(host), uncertainty: uncertainty + uncertainty / 4_000)
  }

  /// How much faster the device's clock runs than the host's, in parts per million; nil before 8 exchanges over 5 s.
  public var driftPartsPerMillion: Double? {
    guard let line, line.isFitted else { return nil }
    return (line.rate - 1) * 1e6
  }

  /// The shortest time on the way, there and back, among the exchanges held.
  public var leastRoundTrip: Duration? {
    exchanges.map(\.roundTrip).min().map { .nanoseconds(Int64(($0 * 1_000).rounded())) }
  }

  /// How long to wait after an exchange before the next: little at first and in doubt, then about a second.
  public var pause: Duration { acceptedCount < Self.fastStart || suspect != nil ? Self.fastInterval : Self.interval }

  // MARK: Learning

  /// Takes an exchange into account. They may come in any order.
  public mutating func add(_ sample: ClockSample) {
    guard let hold = sample.hold, sample.roundTrip >= .zero, sample.sentAt <= sample.receivedAt else {
      rejectedCount += 1
      return
    }
    if exchanges.isEmpty {
      hostOrigin = sample.sentAt
      deviceOrigin = sample.deviceMicroseconds
    }
    let exchange = Exchange(
      earliest: hostMicroseconds(sample.sentAt), latest: hostMicroseconds(sample.receivedAt - hold),
      device: Double(Int64(bitPattern: sample.deviceMicroseconds &- deviceOrigin)))
    guard abs(exchange.device) < 9e15 else { return doubt(exchange, sample) }
    if !exchanges.isEmpty, !Self.agree(exchange, with: exchanges) { return doubt(exchange, sample) }
    // One that agrees clears the one that did not.
    if suspect != nil { rejectedCount += 1 }
    suspect = nil
    accept(exchange)
  }

  private mutating func accept(_ exchange: Exchange) {
    acceptedCount += 1
    exchanges.append(exchange)
    if exchanges.count > Self.sampleLimit { exchanges.removeFirst() }
    line = Line(through: exchanges)
  }

  /// Two contradictions that agree with each other tell of a clock that was reset; one alone is an outlier.
  private mutating func doubt(_ exchange: Exchange, _ sample: ClockSample) {
    guard let first = suspect, Self.agree(exchange, with: [first]) else {
      if suspect != nil { rejectedCount += 1 }
      suspect = exchange
      return
    }
    let (rejected, resets) = (rejectedCount, resetCount)
    let (hostOrigin, deviceOrigin) = (hostOrigin, deviceOrigin)
    self = ClockEstimator()
    (rejectedCount, resetCount) = (rejected, resets + 1)
    // Counted from the new beginning, so that the numbers stay small.
    let shift = Int64(first.device.rounded())
    self.hostOrigin = hostOrigin
    self.deviceOrigin = deviceOrigin &+ UInt64(bitPattern: shift)
    accept(first.shifted(by: -Double(shift)))
    accept(exchange.shifted(by: -Double(shift)))
  }

  private func hostMicroseconds(_ instant: MonotonicInstant) -> Double {
    Double((instant - hostOrigin).wholeNanoseconds) / 1_000
  }

  private func instant(_ host: Double) -> MonotonicInstant {
    hostOrigin.advanced(by: .nanoseconds(Int64((host * 1_000).rounded())))
  }

  // MARK: Bounds

  /// `device_time` and `hold` are exact to 100 µs each (PCS/SR/CK/BV-02).
  private static let exactness = 201.0
  private static let driftLimit = driftLimitPartsPerMillion * 1e-6

  private struct Exchange: Sendable {
    /// Host microseconds between which the device's clock showed `device`.
    var earliest: Double
    var latest: Double
    var device: Double

    var roundTrip: Double { latest - earliest }
    var middle: Double { (earliest + latest) / 2 }

    func lower(at host: Double) -> Double {
      device + (host - latest) * (host >= latest ? 1 - driftLimit : 1 + driftLimit)
    }

    func upper(at host: Double) -> Double {
      device + (host - earliest) * (host >= earliest ? 1 + driftLimit : 1 - driftLimit)
    }

    func shifted(by microseconds: Double) -> Exchange {
      Exchange(earliest: earliest, latest: latest, device: device + microseconds)
    }
  }

  private static func bounds(of exchanges: [Exchange], at host: Double) -> ClosedRange<Double> {
    var (low, high) = (-Double.infinity, Double.infinity)
    for exchange in exchanges {
      low = max(low, exchange.lower(at: host))
      high = min(high, exchange.upper(at: host))
    }
    // They may pass each other by the exactness of what the device says.
    return low <= high ? low...high : high...low
  }

  private static func agree(_ exchange: Exchange, with others: [Exchange]) -> Bool {
    let bounds = bounds(of: others, at: exchange.middle)
    return exchange.lower(at: exchange.middle) <= bounds.upperBound + 2 * exactness
      && exchange.upper(at: exchange.middle) >= bounds.lowerBound - 2 * exactness
  }

  // MARK: The line

  private struct Line: Sendable {
    var host: Double
    var device: Double
    var rate = 1.0
    var isFitted = false

    /// Exchanges whose round trip is longer than the least by more than this factor waited for the radio, and say little.
    private static let longest = 1.25
    /// After this time an exchange counts a third.
    private static let decay = 20e6
    private static let window = 60e6
    /// What is expected of a drift that is not known yet: the more the exchanges say, the less this counts.
    private static let usualDrift = 50e-6

    init?(through exchanges: [Exchange]) {
      guard let newest = exchanges.map(\.middle).max() else { return nil }
      let recent = exchanges.filter { $0.middle >= newest - Self.window }
      guard let best = recent.min(by: { $0.roundTrip < $1.roundTrip }) else { return nil }
      (host, device) = (best.middle, best.device)
      let kept = recent.filter { $0.roundTrip <= best.roundTrip * Self.longest }
      guard kept.count >= 8, let first = kept.map(\.middle).min(), let last = kept.map(\.middle).max(),
        last - first >= 5e6
      else { return }
      let weighted = kept.map { (exchange: $0, weight: Self.weight(age: newest - $0.middle)) }
      let total = weighted.reduce(0) { $0 + $1.weight }
      let meanHost = weighted.reduce(0) { $0 + $1.weight * $1.exchange.middle } / total
      // The offset alone, so that no digits are lost to the length of the run.
      let meanOffset = weighted.reduce(0) { $0 + $1.weight * ($1.exchange.device - $1.exchange.middle) } / total
      let (square, product) = weighted.reduce((0.0, 0.0)) { sums, item in
        let (x, y) = (item.exchange.middle - meanHost, item.exchange.device - item.exchange.middle - meanOffset)
        return (sums.0 + item.weight * x * x, sums.1 + item.weight * x * y)
      }
      let noise = 50 + best.roundTrip * (Self.longest - 1) / 4
      let drift = product / (square + (noise / Self.usualDrift) * (noise / Self.usualDrift))
      (host, device) = (meanHost, meanHost + meanOffset)
      rate = 1 + min(max(drift, -driftLimit), driftLimit)
      isFitted = true
    }

    /// e^(-age / decay), near enough: exact powers are not needed, and no mathematics library then.
    private static func weight(age: Double) -> Double {
      let x = age / decay
      return 1 / (1 + x + x * x / 2 + x * x * x / 6)
    }

    func value(at host: Double) -> Double { device + (host - self.host) * rate }
    func host(at device: Double) -> Double { host + (device - self.device) / rate }
  }
}
