import PercussDBus
import PercussGATT
import PercussLink
import PercussTime
import Testing

@testable import PercussBlueZ

private typealias Fake = FakeObjects

/// A procedure with a tree, and a bluetoothd that is only a script.
private struct Bench {
  var tree: BlueZObjectTree
  var procedure: ConnectProcedure
  var now = MonotonicInstant.zero
  var result: Result<ConnectProcedure.Connected, LinkError>?
  var connects = 0
  var disconnects = 0
  var isDiscovering = false
  /// What `GetManagedObjects` and `GetAll` say, when it is other than what the signals said.
  var truth: [(ObjectPath, FakeObjects.Interfaces)]?
  var pending: Int?

  init(_ objects: [(ObjectPath, FakeObjects.Interfaces)], timeout: Duration = .seconds(20)) {
    tree = .knowing(objects)
    procedure = ConnectProcedure(to: Fake.deviceAddress, from: .zero, timeout: timeout)
    see()
  }

  var sight: ConnectProcedure.Sight {
    let adapter = tree.adapters.first
    return .init(
      adapter: adapter, device: tree.devices().first, hasAttributes: tree.hasAttributes(Fake.devicePath))
  }

  mutating func see() { execute(procedure.seen(sight, at: now)) }

  mutating func answer(_ failure: BlueZFailure?) {
    guard let attempt = pending.take() else { return }
    execute(procedure.connectAnswered(failure, attempt: attempt, at: now))
  }

  mutating func execute(_ actions: [ConnectProcedure.Action]) {
    for action in actions {
      switch action {
      case .discover(let isWanted): isDiscovering = isWanted
      case .connect(_, let attempt):
        connects += 1
        pending = attempt
      case .disconnect: disconnects += 1
      case .readProperties(let path):
        let properties =
          truth.flatMap { $0.first { $0.0 == path }?.1[BlueZ.Interface.device] }
        if let properties {
          _ = tree.allProperties([.properties(properties)], of: BlueZ.Interface.device, at: path)
        }
        execute(procedure.propertiesRead(sight, at: now))
      case .readObjects:
        if let truth { _ = tree.managedObjects(Fake.managedObjects(truth)) }
        execute(procedure.objectsRead(sight, at: now))
      case .finish(let result):
        #expect(self.result == nil)
        self.result = result
      }
    }
  }

  /// Lets the time pass until the procedure has nothing to wait for, or the instant is there.
  mutating func pass(_ duration: Duration) {
    let end = now.advanced(by: duration)
    while let next = procedure.nextDeadline, next <= end {
      now = max(now, next)
      execute(procedure.timePassed(at: now))
    }
    now = end
  }

  var isConnected: Bool { if case .success = result { true } else { false } }
  var error: LinkError? { if case .failure(let error) = result { error } else { nil } }
}

private let adapterAndDevice: [(ObjectPath, FakeObjects.Interfaces)] = [
  (Fake.adapterPath, Fake.adapter()), (Fake.devicePath, Fake.device()),
]
private let connectedObjects: [(ObjectPath, FakeObjects.Interfaces)] = [
  (Fake.adapterPath, Fake.adapter()), (Fake.devicePath, Fake.device(isConnected: true, isResolved: true)),
  (Fake.servicePath, Fake.service), (Fake.controlPointPath, Fake.controlPoint), (Fake.telemetryPath, Fake.telemetry),
]

extension Bench {
  mutating func connectedSignal(_ isConnected: Bool) {
    _ = tree.changed(Fake.devicePath, BlueZ.Interface.device, ["Connected": .boolean(isConnected)])
    see()
  }

  mutating func resolvedSignal() {
    _ = tree.changed(Fake.devicePath, BlueZ.Interface.device, ["ServicesResolved": .boolean(true)])
    see()
  }

  mutating func attributeSignals() {
    for (path, interfaces) in connectedObjects.dropFirst(2) { _ = tree.added(path, interfaces) }
    see()
  }

  mutating func evicted() {
    _ = tree.removed(Fake.devicePath, [BlueZ.Interface.device])
    see()
  }
}

struct ConnectProcedureTests {
  @Test func `connects in the usual order`() {
    var bench = Bench(adapterAndDevice)
    #expect(bench.connects == 1)
    bench.connectedSignal(true)
    bench.answer(nil)
    bench.attributeSignals()
    #expect(bench.result == nil)
    bench.resolvedSignal()
    #expect(bench.result == .success(.init(path: Fake.devicePath, isNewLink: true)))
    #expect(bench.disconnects == 0)
  }

  /// Every order of the five signals and the reply, with reads that know no more than the signals so far.
  @Test func `connects in every order of signals and reply`() {
    let steps: [@Sendable (inout Bench) -> Void] = [
      { $0.connectedSignal(true) }, { $0.answer(nil) }, { $0.resolvedSignal() },
      {
        _ = $0.tree.added(Fake.servicePath, Fake.service)
        $0.see()
      },
      {
        _ = $0.tree.added(Fake.controlPointPath, Fake.controlPoint)
        $0.see()
      },
      {
        _ = $0.tree.added(Fake.telemetryPath, Fake.telemetry)
        $0.see()
      },
    ]
    var tried = 0
    forEachPermutation(of: steps.count) { order in
      tried += 1
      var bench = Bench(adapterAndDevice)
      for index in order {
        steps[index](&bench)
        bench.pass(.milliseconds(10))
      }
      bench.pass(.seconds(5))
      #expect(bench.isConnected, "\(order)")
      #expect(bench.connects == 1, "\(order)")
      #expect(bench.tree.hasAttributes(Fake.devicePath))
    }
    #expect(tried == 720)
  }

  /// Any of the signals may be missing, as long as what can be read is true.
  @Test func `connects whichever signals are missing`() {
    for mask in 0..<8 {
      var bench = Bench(adapterAndDevice)
      bench.truth = connectedObjects
      if mask & 1 != 0 { bench.connectedSignal(true) }
      bench.answer(nil)
      if mask & 2 != 0 { bench.attributeSignals() }
      if mask & 4 != 0 { bench.resolvedSignal() }
      bench.pass(.seconds(5))
      #expect(bench.isConnected, "\(mask)")
      #expect(bench.connects == 1)
    }
  }

  @Test func `a device that is not known is waited for by discovery, which ends before the connect`() {
    var bench = Bench([(Fake.adapterPath, Fake.adapter())])
    #expect(bench.isDiscovering)
    #expect(bench.connects == 0)
    bench.pass(.seconds(3))
    _ = bench.tree.added(Fake.devicePath, Fake.device(strength: -50))
    bench.see()
    #expect(!bench.isDiscovering)
    #expect(bench.connects == 1)
  }

  @Test func `a device that never advertises is a time-out`() {
    var bench = Bench([(Fake.adapterPath, Fake.adapter())], timeout: .seconds(4))
    bench.pass(.seconds(5))
    #expect(bench.error == .timedOut("\(Fake.deviceAddress) to advertise", after: .seconds(4)))
    #expect(!bench.isDiscovering)
  }

  @Test func `an aborted connect is repeated once the device shows as not connected`() {
    var bench = Bench(adapterAndDevice)
    bench.connectedSignal(true)
    bench.answer(.aborted)
    bench.pass(.seconds(1))
    #expect(bench.connects == 1)
    bench.connectedSignal(false)
    bench.pass(.milliseconds(250))
    #expect(bench.connects == 2)
    bench.truth = connectedObjects
    bench.answer(nil)
    bench.pass(.seconds(2))
    #expect(bench.isConnected)
  }

  @Test func `a device that was evicted after an abort is looked for again`() {
    var bench = Bench(adapterAndDevice)
    bench.answer(.aborted)
    bench.evicted()
    bench.pass(.seconds(1))
    #expect(bench.isDiscovering)
    _ = bench.tree.added(Fake.devicePath, Fake.device(strength: -50))
    bench.see()
    #expect(bench.connects == 2)
    #expect(!bench.isDiscovering)
  }

  @Test func `where the end of discovery evicts, the connect comes before it`() {
    var bench = Bench([(Fake.adapterPath, Fake.adapter())])
    var order: [String] = []
    for attempt in 1...2 {
      _ = bench.tree.added(Fake.devicePath, Fake.device(strength: -50))
      let actions = bench.procedure.seen(bench.sight, at: bench.now)
      order += actions.map { if case .connect = $0 { "connect" } else { "stop" } }
      bench.execute(actions)
      guard attempt == 1 else { break }
      _ = bench.tree.removed(Fake.devicePath, [BlueZ.Interface.device])
      bench.answer(.gone)
      bench.pass(.seconds(1))
    }
    #expect(order == ["stop", "connect", "connect", "stop"])
  }

  @Test func `an answer that never comes because the device was evicted is not waited for`() {
    var bench = Bench(adapterAndDevice)
    bench.evicted()
    bench.pass(.seconds(2))
    #expect(bench.isDiscovering)
    // The old answer, when it comes at last, is not taken for that of the next attempt.
    let old = bench.pending
    _ = bench.tree.added(Fake.devicePath, Fake.device(strength: -50))
    bench.see()
    #expect(bench.connects == 2)
    bench.execute(bench.procedure.connectAnswered(.adapterOff, attempt: old ?? 0, at: bench.now))
    #expect(bench.result == nil)
  }

  @Test func `a connect of somebody else is waited for, and its link is not ours`() {
    var bench = Bench(adapterAndDevice)
    bench.answer(.inProgress)
    bench.pass(.seconds(2))
    #expect(bench.connects == 1)
    bench.truth = connectedObjects
    bench.connectedSignal(true)
    bench.resolvedSignal()
    bench.pass(.seconds(1))
    #expect(bench.result == .success(.init(path: Fake.devicePath, isNewLink: false)))
  }

  @Test func `a connect of somebody else that sticks ends within the bound`() {
    var bench = Bench(adapterAndDevice)
    for _ in 0..<30 {
      bench.answer(.inProgress)
      bench.pass(.seconds(1))
    }
    #expect(bench.error != nil)
    #expect(bench.now <= .zero.advanced(by: .seconds(30)))
    // Not ours to end.
    #expect(bench.disconnects == 0)
  }

  @Test func `a reply without a connection is no connection`() {
    var bench = Bench(adapterAndDevice, timeout: .seconds(60))
    bench.truth = adapterAndDevice
    for _ in 0..<40 {
      bench.answer(nil)
      bench.pass(.seconds(2))
    }
    #expect(bench.error != nil)
    #expect(bench.connects == 12)
  }

  @Test func `services that are never resolved end with the link ended`() {
    var bench = Bench(adapterAndDevice, timeout: .seconds(10))
    bench.connectedSignal(true)
    bench.answer(nil)
    bench.pass(.seconds(11))
    #expect(bench.error == .timedOut("the services of \(Fake.deviceAddress)", after: .seconds(10)))
    #expect(bench.disconnects == 1)
  }

  @Test func `a device without GATT objects is not connected to nothing`() {
    var bench = Bench(adapterAndDevice)
    bench.connectedSignal(true)
    bench.answer(nil)
    bench.resolvedSignal()
    bench.pass(.seconds(4))
    guard case .unavailable(let text) = bench.error else {
      Issue.record("\(String(describing: bench.result))")
      return
    }
    #expect(text.contains("bluetoothctl remove"))
    #expect(bench.disconnects == 1)
  }

  @Test func `a link that is lost while services are resolved is made anew`() {
    var bench = Bench(adapterAndDevice)
    bench.connectedSignal(true)
    bench.answer(nil)
    bench.connectedSignal(false)
    bench.pass(.seconds(1))
    #expect(bench.connects == 2)
  }

  @Test func `a link that was there before is not new, and not ended on failure`() {
    var bench = Bench(
      [(Fake.adapterPath, Fake.adapter()), (Fake.devicePath, Fake.device(isConnected: true))], timeout: .seconds(2))
    bench.answer(nil)
    bench.pass(.seconds(3))
    #expect(bench.error != nil)
    #expect(bench.disconnects == 0)
  }

  @Test(arguments: [
    (BlueZFailure.adapterOff, "power on"), (.denied, "bluetooth.conf"), (.authentication, "pair again"),
    (.serviceGone, "systemctl start bluetooth"), (.attribute(.requestNotSupported), "refused"),
  ])
  func `what a repetition cannot mend is told at once, with what to do`(_ failure: BlueZFailure, _ remedy: String) {
    var bench = Bench(adapterAndDevice)
    bench.answer(failure)
    guard case .unavailable(let text) = bench.error else {
      Issue.record("\(String(describing: bench.result))")
      return
    }
    #expect(text.contains(remedy))
  }

  @Test func `an adapter that is off, or goes, ends it`() {
    var off = Bench([(Fake.adapterPath, Fake.adapter(isPowered: false)), (Fake.devicePath, Fake.device())])
    #expect(off.connects == 0)
    #expect(off.error != nil)
    off.see()
    var gone = Bench(adapterAndDevice)
    _ = gone.tree.removed(Fake.adapterPath, [BlueZ.Interface.adapter])
    gone.see()
    #expect(gone.error != nil)
    var dead = Bench(adapterAndDevice)
    _ = dead.tree.ownerChanged(to: nil)
    dead.execute(dead.procedure.serviceLost())
    #expect(dead.error != nil)
    #expect(dead.disconnects == 0)
  }

  @Test func `a caller who gives up leaves nothing behind`() {
    var bench = Bench(adapterAndDevice)
    bench.execute(bench.procedure.cancel())
    #expect(bench.disconnects == 1)
    #expect(bench.error == .unavailable("connecting to \(Fake.deviceAddress) was cancelled"))
    #expect(bench.procedure.nextDeadline == nil)
  }

  /// Random answers and events: always ended by the deadline, and connected only to what is connected and has attributes.
  @Test(arguments: 0..<200) func `ends by its deadline whatever happens`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var bench = Bench(seed % 3 == 0 ? [(Fake.adapterPath, Fake.adapter())] : adapterAndDevice)
    let failures: [BlueZFailure?] = [
      nil, nil, .aborted, .inProgress, .cancelled, .gone, .unanswered, .other("x"), .notConnected,
    ]
    while bench.now < .zero.advanced(by: .seconds(21)), bench.result == nil {
      switch random.next(upperBound: UInt64(9)) {
      case 0: bench.connectedSignal(true)
      case 1: bench.connectedSignal(false)
      case 2: bench.resolvedSignal()
      case 3: bench.attributeSignals()
      case 4: bench.evicted()
      case 5:
        _ = bench.tree.added(Fake.devicePath, Fake.device())
        bench.see()
      default: bench.answer(failures[Int(random.next(upperBound: UInt64(failures.count)))])
      }
      bench.pass(.milliseconds(Int64(random.next(upperBound: UInt64(600)))))
    }
    #expect(bench.result != nil)
    #expect(!bench.isDiscovering)
    if bench.isConnected {
      #expect(bench.sight.device?.isConnected == true)
      #expect(bench.sight.hasAttributes)
    }
  }
}

private func forEachPermutation(of count: Int, _ body: ([Int]) -> Void) {
  var order = Array(0..<count)
  func permute(_ length: Int) {
    guard length > 1 else { return body(order) }
    for index in 0..<length {
      permute(length - 1)
      order.swapAt(length % 2 == 0 ? index : 0, length - 1)
    }
  }
  permute(count)
}
