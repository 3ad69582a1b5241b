internal import PercussDBus
internal import PercussGATT
internal import PercussLink
internal import PercussTime

/// Decides how a device gets connected through bluetoothd, until its services are known or there is no hope or time left.
///
/// It does no I/O: what is seen of the device, answers and instants go in, ``Action``s come out; ``nextDeadline`` says when it next wants
/// ``timePassed(at:)``.
///
/// ```
///            object appears      Connect answered      Connected seen        resolved, objects read
///  finding ───────────────▶ connecting ───────▶ verifying ──────▶ resolving ──────────────▶ finish
///     ▲  └ discovery               │ aborted, cancelled, lost         │ link lost, never resolved
///     └──── evicted ◀── pausing ◀──┴── settling (until not connected) ┘
/// ```
///
/// - The reply to `Connect` is trusted, the signal `Connected` is not waited for in vain: the property is read.
/// - `ServicesResolved` may come before the objects, or the objects may never be announced: they are all read once it is there.
/// - It never ends with a device that is not connected, whose services are unknown, or that has none.
struct ConnectProcedure: Sendable {
  enum Action: Equatable, Sendable {
    /// Discover from now on, or no longer.
    case discover(Bool)
    /// Call `Connect`, and report with ``connectAnswered(_:attempt:at:)``.
    case connect(ObjectPath, attempt: Int)
    /// Call `Disconnect`; nobody waits for it.
    case disconnect(ObjectPath)
    /// Read all properties of the device, enter them into the tree, and report with ``propertiesRead(_:at:)``.
    case readProperties(ObjectPath)
    /// Read all objects, enter them into the tree, and report with ``objectsRead(_:at:)``.
    case readObjects
    case finish(Result<Connected, LinkError>)
  }

  struct Connected: Equatable, Sendable {
    var path: ObjectPath
    /// Whether the link began with this procedure, so that the device has seen nobody on it before.
    var isNewLink: Bool
  }

  /// What the tree knows.
  struct Sight: Equatable, Sendable {
    var adapter: BlueZAdapter?
    var device: BlueZDevice?
    var hasAttributes = false
  }

  struct Limits: Sendable {
    /// How often `Connect` is called.
    var attempts = 12
    /// The pause after the first failure; doubled after each further one, up to ``longestPause``.
    var firstPause: Duration = .milliseconds(200)
    var longestPause: Duration = .seconds(2)
    /// How long the answer may take once the object is gone.
    var answerAfterEviction: Duration = .seconds(1)
    /// How long an aborted connection may take to show as not connected.
    var settling: Duration = .seconds(3)
    /// How long somebody else's `Connect` is waited for.
    var foreignConnect: Duration = .seconds(5)
    /// How long `Connected` may take after the reply before it is read; and again.
    var verification: Duration = .milliseconds(150)
    var verifications = 4
    /// How long the services may take.
    var resolution: Duration = .seconds(15)
    /// How often properties are read meanwhile, should a signal be missing.
    var reading: Duration = .seconds(1)
    /// How long GATT objects may take once services are resolved, and how often they are read until then.
    var objects: Duration = .seconds(3)
    var objectsReading: Duration = .milliseconds(250)
  }

  private enum Phase: Equatable {
    case finding
    /// `Connect` is called; where the object is gone meanwhile, an answer is not waited for much longer.
    case connecting(patience: MonotonicInstant?)
    /// Somebody else's connect is under way.
    case awaitingOther(until: MonotonicInstant)
    /// Waits for `Connected` to become false.
    case settling(until: MonotonicInstant)
    case pausing(until: MonotonicInstant)
    case verifying(next: MonotonicInstant, remaining: Int)
    case resolving(until: MonotonicInstant, next: MonotonicInstant)
    /// Services are resolved; are the objects there?
    case readingObjects(until: MonotonicInstant, next: MonotonicInstant)
    case finished
  }

  private let name: String
  private let deadline: MonotonicInstant
  private let timeout: Duration
  private let limits: Limits
  private var phase = Phase.finding
  private var sight = Sight()
  private var attempts = 0
  private var isDiscovering = false
  private var isNewLink = true
  /// A read is under way; its answer counts, further ones are not asked for.
  private var isReading = false
  private var lastFailure: BlueZFailure?
  private var lastPath: ObjectPath?

  /// - Parameter name: of the device, for errors.
  init(to name: String, from now: MonotonicInstant, timeout: Duration, limits: Limits = Limits()) {
    self.name = name
    self.timeout = timeout
    self.limits = limits
    deadline = now.advanced(by: timeout)
  }

  var isFinished: Bool { phase == .finished }

  // MARK: What enters

  /// The beginning, or something has changed in the tree.
  mutating func seen(_ sight: Sight, at now: MonotonicInstant) -> [Action] {
    self.sight = sight
    if let path = sight.device?.path { lastPath = path }
    return proceed(now)
  }

  /// - Parameter failure: nil for success.
  mutating func connectAnswered(_ failure: BlueZFailure?, attempt: Int, at now: MonotonicInstant) -> [Action] {
    guard case .connecting = phase, attempt == attempts else { return [] }
    switch failure {
    case nil, .alreadyDone:
      // The signal may follow; when it does not, the property is read.
      phase = .verifying(next: now.advanced(by: limits.verification), remaining: limits.verifications)
    case .inProgress:
      lastFailure = failure
      isNewLink = false
      phase = .awaitingOther(until: now.advanced(by: limits.foreignConnect))
    case .gone:
      lastFailure = failure
      sight.device = nil
      return pause(now)
    case .adapterOff, .denied, .authentication, .serviceGone:
      return finish(.failure(error(failure)))
    case .attribute(.requestNotSupported): return finish(.failure(error(failure)))
    case .some:
      lastFailure = failure
      phase = .settling(until: now.advanced(by: limits.settling))
    }
    return proceed(now)
  }

  mutating func propertiesRead(_ sight: Sight, at now: MonotonicInstant) -> [Action] {
    isReading = false
    if case .verifying(let next, let remaining) = phase {
      phase = .verifying(next: next, remaining: remaining - 1)
    }
    return seen(sight, at: now)
  }

  mutating func objectsRead(_ sight: Sight, at now: MonotonicInstant) -> [Action] {
    isReading = false
    self.sight = sight
    if case .readingObjects = phase, sight.hasAttributes, let device = sight.device, device.isConnected {
      return finish(.success(Connected(path: device.path, isNewLink: isNewLink)))
    }
    return proceed(now)
  }

  /// The caller does not want it any more.
  mutating func cancel() -> [Action] {
    finish(.failure(.unavailable("connecting to \(name) was cancelled")))
  }

  /// Discovery cannot be had: bad news for who waits for a device to advertise.
  mutating func discoveryFailed(_ error: LinkError) -> [Action] {
    isDiscovering ? finish(.failure(error)) : []
  }

  /// bluetoothd is gone.
  mutating func serviceLost() -> [Action] {
    lastPath = nil
    return finish(.failure(error(.serviceGone)))
  }

  /// When it next wants ``timePassed(at:)``.
  var nextDeadline: MonotonicInstant? {
    switch phase {
    case .finding: deadline
    case .connecting(let patience): min(deadline, patience ?? deadline)
    case .awaitingOther(let until), .settling(let until), .pausing(let until): min(deadline, until)
    case .verifying(let next, _): isReading ? deadline : min(deadline, next)
    case .resolving(let until, let next), .readingObjects(let until, let next):
      isReading ? min(deadline, until) : min(deadline, until, next)
    case .finished: nil
    }
  }

  mutating func timePassed(at now: MonotonicInstant) -> [Action] { proceed(now) }

  // MARK: Decisions

  private mutating func proceed(_ now: MonotonicInstant) -> [Action] {
    guard phase != .finished else { return [] }
    guard now < deadline else { return finish(.failure(timedOut)) }
    guard let adapter = sight.adapter else {
      lastPath = nil
      return finish(.failure(.unavailable("connecting to \(name): \(Remedy.noAdapter)")))
    }
    guard adapter.isPowered else { return finish(.failure(error(.adapterOff))) }
    switch phase {
    case .finding: return find(now)
    case .finished: return []
    case .connecting(let patience): return awaitAnswer(patience, now)
    case .awaitingOther(let until):
      if sight.device == nil { return pause(now) }
      if sight.device?.isConnected == true { return beginResolving(now) }
      return until <= now ? pause(now) : []
    case .settling(let until):
      guard sight.device?.isConnected == true else { return pause(now) }
      // It shows as connected still: that is the link, then, whatever was said of it.
      return until <= now ? beginResolving(now) : []
    case .pausing(let until): return until <= now ? find(now) : []
    case .verifying(let next, let remaining): return verify(next, remaining, now)
    case .resolving(let until, let next): return resolve(until, next, now)
    case .readingObjects(let until, let next): return awaitObjects(until, next, now)
    }
  }

  private mutating func find(_ now: MonotonicInstant) -> [Action] {
    guard let device = sight.device else {
      phase = .finding
      return setDiscovery(true)
    }
    isNewLink = !device.isConnected
    attempts += 1
    phase = .connecting(patience: nil)
    let connect = Action.connect(device.path, attempt: attempts)
    // Some controllers abort a connection that is begun while they scan. But where the end of discovery removes the device, `Connect` must have been called before.
    return lastFailure == .gone ? [connect] + setDiscovery(false) : setDiscovery(false) + [connect]
  }

  private mutating func awaitAnswer(_ patience: MonotonicInstant?, _ now: MonotonicInstant) -> [Action] {
    guard sight.device == nil else {
      phase = .connecting(patience: nil)
      return []
    }
    guard let patience else {
      phase = .connecting(patience: now.advanced(by: limits.answerAfterEviction))
      return []
    }
    guard patience <= now else { return [] }
    lastFailure = .gone
    return pause(now)
  }

  private mutating func verify(
    _ next: MonotonicInstant, _ remaining: Int, _ now: MonotonicInstant
  ) -> [Action] {
    guard let device = sight.device else { return pause(now) }
    if device.isConnected { return beginResolving(now) }
    if remaining <= 0 {
      lastFailure = lastFailure ?? .aborted
      return pause(now)
    }
    guard next <= now, !isReading else { return [] }
    isReading = true
    phase = .verifying(next: now.advanced(by: limits.verification), remaining: remaining)
    return [.readProperties(device.path)]
  }

  private mutating func beginResolving(_ now: MonotonicInstant) -> [Action] {
    phase = .resolving(until: now.advanced(by: limits.resolution), next: now.advanced(by: limits.reading))
    return proceed(now)
  }

  private mutating func resolve(
    _ until: MonotonicInstant, _ next: MonotonicInstant, _ now: MonotonicInstant
  ) -> [Action] {
    guard let device = sight.device, device.isConnected else { return linkLost(now) }
    if device.servicesAreResolved {
      phase = .readingObjects(until: now.advanced(by: limits.objects), next: now.advanced(by: limits.objectsReading))
      isReading = true
      return [.readObjects]
    }
    if until <= now {
      lastFailure = .other("the services were not resolved within \(limits.resolution)")
      return [.disconnect(device.path)] + pause(now)
    }
    guard next <= now, !isReading else { return [] }
    isReading = true
    phase = .resolving(until: until, next: now.advanced(by: limits.reading))
    return [.readProperties(device.path)]
  }

  private mutating func awaitObjects(
    _ until: MonotonicInstant, _ next: MonotonicInstant, _ now: MonotonicInstant
  ) -> [Action] {
    guard let device = sight.device, device.isConnected else { return linkLost(now) }
    if until <= now {
      let text = "connecting to \(name): bluetoothd has no GATT objects of it; remove what it has stored with: "
      return finish(.failure(.unavailable("\(text)bluetoothctl remove \(name)")))
    }
    guard next <= now, !isReading else { return [] }
    isReading = true
    phase = .readingObjects(until: until, next: now.advanced(by: limits.objectsReading))
    return [.readObjects]
  }

  private mutating func linkLost(_ now: MonotonicInstant) -> [Action] {
    lastFailure = .aborted
    return pause(now)
  }

  private mutating func pause(_ now: MonotonicInstant) -> [Action] {
    guard attempts < limits.attempts else { return finish(.failure(error(lastFailure))) }
    let factor = 1 << min(max(0, attempts - 1), 10)
    phase = .pausing(until: now.advanced(by: min(limits.longestPause, limits.firstPause * factor)))
    return []
  }

  private mutating func setDiscovery(_ isWanted: Bool) -> [Action] {
    guard isDiscovering != isWanted else { return [] }
    isDiscovering = isWanted
    return [.discover(isWanted)]
  }

  private mutating func finish(_ result: Result<Connected, LinkError>) -> [Action] {
    guard phase != .finished else { return [] }
    var actions = setDiscovery(false)
    // Nothing half-made is left behind, but the link of somebody else is none of our business.
    let mayHaveLink = phase != .finding && isNewLink && attempts > 0
    if case .failure = result, mayHaveLink, let lastPath, sight.adapter != nil { actions.append(.disconnect(lastPath)) }
    phase = .finished
    return actions + [.finish(result)]
  }

  // MARK: Errors

  private var timedOut: LinkError {
    let last =
      lastFailure.map { " (\(attempts) attempts; the last failed: \($0.linkError(during: "Connect", after: .zero)))" }
      ?? ""
    switch phase {
    case .finding: return .timedOut("\(name) to advertise\(last)", after: timeout)
    case .resolving, .readingObjects: return .timedOut("the services of \(name)\(last)", after: timeout)
    default: return .timedOut("\(name) to accept a connection\(last)", after: timeout)
    }
  }

  private func error(_ failure: BlueZFailure?) -> LinkError {
    (failure ?? .aborted).linkError(during: "connecting to \(name)", after: timeout)
  }
}
