internal import PercussCore
internal import PercussTime

/// The hand that holds a virtual device against a muscle: it presses while the motor turns, a little unsteadily, and lifts the device when it rests.
///
/// The force is near 35 N, or four fifths of the device's force limit where that is lower: a careful operator, who makes the device yield rarely. It
/// is a function of the seed and of what the motor does.
public actor SimulatedHand {
  private static let period = Duration.milliseconds(100)
  private static let usualDecinewtons = 350
  private static let liftPerPeriod = 80
  private static let pressPerPeriod = 40

  private let device: SimulatedDevice
  private var generator: SeededGenerator
  private var force = 0
  private var next: ScheduledAction?

  /// The timeline of the device.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { device.unownedExecutor }

  /// A hand at rest.
  public init(on device: SimulatedDevice, seed: UInt64) {
    self.device = device
    generator = SeededGenerator(seed: seed).stream("hand")
  }

  deinit { next?.cancel() }

  /// Takes hold of the device. It lets go when the hand is no longer referenced.
  public func begin() {
    next?.cancel()
    next = device.timeline.schedule(after: Self.period) { [weak self] in self?.assumeIsolated { $0.press() } }
  }

  private func press() {
    begin()
    let truth = device.assumeIsolated { $0.truth }
    let limit = Int(truth.forceLimitDecinewtons) * 4 / 5
    let wanted = min(Self.usualDecinewtons, limit > 0 ? limit : Self.usualDecinewtons)
    let last = force
    if truth.speedMilliPPM == 0 {
      force = max(0, force - Self.liftPerPeriod)
    } else {
      let tremor = Int.random(in: -15...15, using: &generator)
      force = min(max(0, force + min(Self.pressPerPeriod, (wanted - force) / 5) + tremor), wanted + 30)
    }
    guard force != last else { return }
    let pressed = UInt16(clamping: force)
    device.assumeIsolated { $0.setLoad(decinewtons: pressed) }
  }
}
