internal import PercussDBus
internal import PercussTime

/// Decides what is registered with bluetoothd, and when again: the pairing agent, the GATT application, and the advertisement, which comes last so that
/// whoever connects finds the services.
///
/// ```
/// bluetoothd                               registration
/// adapter hci0 appears, is on    ───▶      .register(.agent), .register(.application)
/// success                        ───▶      .register(.advertisement)
/// success                        ───▶      .serving
/// Release, or Failed             ───▶      .interrupted, and 1 s later .register(.advertisement)
/// adapter or bluetoothd gone     ───▶      .interrupted; everything anew once it is back
/// ```
///
/// What fails is tried again after 1 s, then twice as long each time, at most every 30 s.
struct PeripheralRegistration {
  enum Part: Int, CaseIterable, CustomStringConvertible {
    case agent, application, advertisement

    var description: String {
      switch self {
      case .agent: "pairing agent"
      case .application: "GATT application"
      case .advertisement: "advertisement"
      }
    }
  }

  enum Output: Equatable {
    /// Register it, then enter the answer with ``answered(_:_:_:at:)`` and the number.
    case register(Part, adapter: ObjectPath, number: Int)
    case unregister(Part, adapter: ObjectPath)
    /// The application is gone with everything in it: centrals and subscriptions too.
    case applicationEnded
    case serving
    case interrupted(PeripheralError)
  }

  /// What bluetoothd offers.
  struct Surroundings: Equatable {
    struct Adapter: Equatable {
      var path: ObjectPath
      var name: String
      var isPowered = true
      /// It has a GATT manager and an advertising manager.
      var isPeripheral = true
    }

    var adapter: Adapter?
    /// Why there is no adapter; nil as long as that is not known.
    var obstacle: PeripheralError?
    /// The unique name of bluetoothd; a new one has forgotten everything.
    var owner: String?
  }

  private enum State: Equatable {
    case absent
    case pending(number: Int)
    case registered
    case failed(until: MonotonicInstant)
  }

  static let firstRetryDelay: Duration = .seconds(1)
  static let retryDelayLimit: Duration = .seconds(30)

  private let hasAgent: Bool
  private(set) var surroundings = Surroundings()
  private var states: [Part: State] = [:]
  private var delays: [Part: Duration] = [:]
  private var refusal: PeripheralError?
  private var wantsAdvertisement = true
  private var isStopped = false
  private var number = 0
  private var reported: Output?
  private var outputs: [Output] = []

  init(hasAgent: Bool) {
    self.hasAgent = hasAgent
  }

  mutating func takeOutputs() -> [Output] {
    defer { outputs.removeAll(keepingCapacity: true) }
    return outputs
  }

  // MARK: What happens

  mutating func update(_ new: Surroundings, at now: MonotonicInstant) {
    guard new != surroundings else { return }
    let old = surroundings
    surroundings = new
    if old.owner != new.owner { forget(.agent) }
    if old.owner != new.owner || old.adapter?.path != new.adapter?.path || new.adapter?.isPeripheral != true {
      forget(.application)
      forget(.advertisement)
    }
    proceed(at: now)
  }

  /// The answer to ``Output/register(_:adapter:number:)``; nil for success.
  mutating func answered(_ part: Part, number: Int, _ failure: DBusFailure?, at now: MonotonicInstant) {
    guard states[part] == .pending(number: number) else { return }
    if let failure, failure != Self.registeredAlready(failure) {
      refusal = .refused(part.description, adapter: surroundings.adapter?.name ?? "", failure)
      fail(part, at: now)
    } else {
      states[part] = .registered
      delays[part] = nil
    }
    proceed(at: now)
  }

  /// An answer that never arrived; the registration did.
  private static func registeredAlready(_ failure: DBusFailure) -> DBusFailure? {
    guard case .refused(BlueZ.ErrorName.alreadyExists, _) = failure else { return nil }
    return failure
  }

  /// bluetoothd has given something back by itself.
  mutating func released(_ part: Part, at now: MonotonicInstant) {
    guard states[part] == .registered else { return }
    if part == .application { outputs.append(.applicationEnded) }
    refusal = .refused(
      part.description, adapter: surroundings.adapter?.name ?? "",
      .refused(name: BlueZ.ErrorName.canceled, message: "released by bluetoothd"))
    fail(part, at: now)
    proceed(at: now)
  }

  /// Whether to advertise.
  mutating func setAdvertising(_ isOn: Bool, at now: MonotonicInstant) {
    guard wantsAdvertisement != isOn else { return }
    wantsAdvertisement = isOn
    if !isOn { withdraw(.advertisement) }
    proceed(at: now)
  }

  mutating func stop() {
    guard !isStopped else { return }
    isStopped = true
    for part in Part.allCases.reversed() { withdraw(part) }
    report(.interrupted(.stopped))
  }

  /// When ``tick(at:)`` is due.
  var nextDeadline: MonotonicInstant? {
    states.values.compactMap { if case .failed(let until) = $0 { until } else { nil } }.min()
  }

  mutating func tick(at now: MonotonicInstant) { proceed(at: now) }

  // MARK: What follows

  /// Everything that is wanted is registered, and the adapter is on.
  var isServing: Bool {
    guard !isStopped, let adapter = surroundings.adapter, adapter.isPeripheral, adapter.isPowered else { return false }
    return wanted.allSatisfy { states[$0] == .registered }
  }

  /// Why not; nil also while the answers are under way.
  var obstacle: PeripheralError? {
    if isStopped { return .stopped }
    guard let adapter = surroundings.adapter else { return surroundings.obstacle }
    if !adapter.isPeripheral { return .notAPeripheral(adapter: adapter.name) }
    if !adapter.isPowered { return .notPowered(adapter: adapter.name) }
    return isServing ? nil : refusal
  }

  private var wanted: [Part] {
    Part.allCases.filter {
      $0 == .application || $0 == .agent && hasAgent || $0 == .advertisement && wantsAdvertisement
    }
  }

  private mutating func proceed(at now: MonotonicInstant) {
    guard !isStopped else { return }
    if let adapter = surroundings.adapter, adapter.isPeripheral {
      for part in wanted {
        switch states[part] ?? .absent {
        case .pending, .registered: continue
        case .failed(let until) where now < until: continue
        case .absent, .failed: break
        }
        // The controller takes no advertisement while it is off.
        if part == .advertisement, states[.application] != .registered || !adapter.isPowered { continue }
        number += 1
        states[part] = .pending(number: number)
        outputs.append(.register(part, adapter: adapter.path, number: number))
      }
    }
    if isServing {
      refusal = nil
      report(.serving)
    } else if let obstacle {
      report(.interrupted(obstacle))
    }
  }

  private mutating func report(_ output: Output) {
    guard output != reported else { return }
    reported = output
    outputs.append(output)
  }

  private mutating func fail(_ part: Part, at now: MonotonicInstant) {
    let delay = delays[part] ?? Self.firstRetryDelay
    states[part] = .failed(until: now.advanced(by: delay))
    delays[part] = min(delay * 2, Self.retryDelayLimit)
  }

  /// bluetoothd knows nothing of it any more.
  private mutating func forget(_ part: Part) {
    if part == .application, (states[part] ?? .absent) != .absent { outputs.append(.applicationEnded) }
    states[part] = .absent
    delays[part] = nil
  }

  private mutating func withdraw(_ part: Part) {
    let state = states[part] ?? .absent
    forget(part)
    guard let adapter = surroundings.adapter else { return }
    switch state {
    case .registered, .pending: outputs.append(.unregister(part, adapter: adapter.path))
    case .absent, .failed: break
    }
  }
}
