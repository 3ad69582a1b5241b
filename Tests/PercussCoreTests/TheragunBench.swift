import PercussWire

@testable import PercussCore

/// A Theragun on the bench: a clock that is turned by hand, and centrals that write bytes.
struct TheragunBench {
  var core: TheragunCore
  var now = DeviceInstant(milliseconds: 1000)
  /// What the device did; drained by the tests.
  var log: [TheragunAction] = []

  init(_ model: TheragunModel = .elite, linkLoss: LinkLossBehaviour = .keepsRunning, centrals: UInt8 = 1) {
    core = TheragunCore(model: model, linkLoss: linkLoss)
    for central in 0..<centrals { connect(central) }
    log.removeAll()
  }

  mutating func connect(_ central: UInt8, subscribing: Bool = true) {
    give(.connected(CentralNumber(central)))
    if subscribing { give(.subscribed(CentralNumber(central), .notify, true)) }
  }

  mutating func give(_ input: TheragunInput) { core.handle(input, at: now, into: &log) }

  /// Writes bytes, and gives what came of it at once.
  @discardableResult
  mutating func write(_ bytes: [UInt8], from central: UInt8 = 0) -> [TheragunAction] {
    let before = log.count
    core.write(bytes, from: CentralNumber(central), at: now, into: &log)
    return Array(log[before...])
  }

  /// The bytes of a speed, by hand.
  static func speed(_ rpm: UInt16) -> [UInt8] {
    let (high, low) = (UInt8(rpm >> 8), UInt8(rpm & 0xFF))
    return [0xAA, 0x01 &+ 0x03 &+ high &+ low &+ 0x03, 0x01, 0x03, high, low, 0x03]
  }

  @discardableResult
  mutating func setSpeed(_ rpm: UInt16, from central: UInt8 = 0) -> [TheragunAction] {
    write(Self.speed(rpm), from: central)
  }

  /// Lets the time pass, with a tick at every deadline, on time.
  mutating func run(milliseconds: UInt64) {
    let end = now.advanced(byMilliseconds: milliseconds)
    while let next = core.nextDeadline, next <= end {
      now = next
      give(.tick)
    }
    now = end
    give(.tick)
  }

  /// What a status says now: whether it runs, and the revolutions.
  mutating func status() -> Status? {
    guard case .notify(let notification, CentralNumber(0))? = write([0xAA, 0x10, 0x10, 0x00]).first,
      case .status(0, let motion, 0, let rpm) = notification.body
    else { return nil }
    return Status(motion == .running, rpm)
  }

  struct Status: Equatable {
    var isRunning: Bool
    var rpm: UInt16

    init(_ isRunning: Bool, _ rpm: UInt16) {
      self.isRunning = isRunning
      self.rpm = rpm
    }
  }

  var ppm: Double { Double(core.truth.speedMilliPPM) / 1000 }
  var state: DeviceState { core.truth.state }
}
