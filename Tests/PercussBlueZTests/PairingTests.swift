import PercussDBus
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import Synchronization
import Testing

@testable import PercussBlueZ

/// Pairing, with a user that answers, refuses, or has gone for a walk.
@Suite(.serialized) struct PairingTests {
  /// What the user was asked and shown.
  private final class User: Sendable {
    private let state = Mutex<(lines: [String], cancelled: Int)>(([], 0))

    var lines: [String] { state.withLock { $0.lines } }
    var cancelled: Int { state.withLock { $0.cancelled } }
    func note(_ line: String) { state.withLock { $0.lines.append(line) } }

    /// Waits for as long as the question is there.
    func ponder(on timeline: any Timeline) async {
      do { try await timeline.sleep(for: .seconds(100)) } catch { state.withLock { $0.cancelled += 1 } }
    }
  }

  private static func pair(
    _ bench: EmulationBench, _ agent: PairingAgent = .justWorks, timeout: Duration = .seconds(20),
    _ behaviour: PairingBehaviour = .justWorks, through central: BlueZCentral
  ) async -> LinkError? {
    await bench.secure([.percussFeature], behaviour)
    do throws(LinkError) {
      try await central.pair(EmulationBench.id, agent: agent, timeout: timeout)
      return nil
    } catch {
      return error
    }
  }

  private static func isPaired(_ central: BlueZCentral) async -> Bool {
    await central.knownDevices().first?.isPaired == true
  }

  /// What a failed pairing leaves.
  private static func expectNothing(of bench: EmulationBench, _ central: BlueZCentral) async throws {
    #expect(await !isPaired(central))
    try await eventually("the link of the failed pairing to end", on: bench.timeline) {
      await central.knownDevices().allSatisfy { !$0.isConnected }
    }
  }

  @Test func `pairs, and finds it done the next time`() async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      for _ in 0..<2 {
        #expect(await Self.pair(bench, through: central) == nil)
        #expect(await Self.isPaired(central))
      }
      // The link of the pairing is taken over, and encrypted.
      let link = try await bench.connect(central)
      #expect(!link.beganConnection)
      #expect(try await link.read(.percussFeature).isEmpty == false)
      // Another program does not find an agent of ours when it is over.
      let other = try await bench.anotherCentral()
      let error = await #expect(throws: DBusFailure.self) {
        try await other.call("Pair", of: BlueZ.Interface.device, at: other.device)
      }
      // The error of 5.66 for what is paired already, which must not come to a user's eyes.
      #expect(error.map { BlueZFailure($0) } == .authentication)
      await link.disconnect()
      try await central.removeBond(EmulationBench.id)
      #expect(await !Self.isPaired(central))
      await central.close()
    }
  }

  @Test func `paired by another program while we were about to, it is paired`() async throws {
    var quirks = EmulationQuirks()
    quirks.resolutionDelay = .seconds(1)
    try await EmulationBench.run(quirks) { bench in
      let central = try await bench.central()
      let other = try await bench.anotherCentral()
      try await other.call("Pair", of: BlueZ.Interface.device, at: other.device)
      // Without the news of it.
      await central.forgetPairing(of: EmulationBench.deviceAddress)
      #expect(await !Self.isPaired(central))
      #expect(await Self.pair(bench, through: central) == nil)
      #expect(await Self.isPaired(central))
      await central.close()
    }
  }

  @Test(arguments: [true, false]) func `the user compares numbers`(_ isSame: Bool) async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      let user = User()
      var agent = PairingAgent()
      agent.confirm = { device, number in
        user.note("\(device) \(number)")
        return isSame
      }
      let error = await Self.pair(bench, agent, .comparison(123_456), through: central)
      #expect(user.lines == ["\(EmulationBench.deviceName) 123456"])
      if isSame {
        #expect(error == nil)
        #expect(await Self.isPaired(central))
      } else {
        #expect(
          error.map { "\($0)" }?.contains("the device or its user refused") == true, "\(String(describing: error))")
        try await Self.expectNothing(of: bench, central)
      }
      await central.close()
    }
  }

  @Test(arguments: [UInt32(7), 8, 1_000_000, nil])
  func `the user enters the number that the device shows`(_ entered: UInt32?) async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      var agent = PairingAgent()
      agent.enterPasskey = { _ in entered }
      let error = await Self.pair(bench, agent, .passkey(7), through: central)
      #expect((error == nil) == (entered == 7))
      if entered != 7 { try await Self.expectNothing(of: bench, central) }
      await central.close()
    }
  }

  @Test func `a device that refuses is a device that refuses`() async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      let error = await Self.pair(bench, .justWorks, .rejects, through: central)
      #expect(error.map { "\($0)" }?.contains("pairing mode") == true)
      try await Self.expectNothing(of: bench, central)
      // And is not spoilt by it.
      #expect(await Self.pair(bench, through: central) == nil)
      await central.close()
    }
  }

  @Test func `a user who does not answer has refused`() async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      let (user, timeline) = (User(), bench.timeline)
      var agent = PairingAgent()
      agent.answerTimeout = .milliseconds(500)
      agent.confirm = { _, _ in
        await user.ponder(on: timeline)
        return true
      }
      let error = await Self.pair(bench, agent, .comparison(1), through: central)
      guard case .unavailable = error else { throw Unexpected(error) }
      #expect(user.cancelled == 1)
      try await Self.expectNothing(of: bench, central)
      await central.close()
    }
  }

  @Test func `a pairing that takes too long is called off, and so is the question`() async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      let (user, timeline) = (User(), bench.timeline)
      var agent = PairingAgent()
      agent.confirm = { _, _ in
        await user.ponder(on: timeline)
        return true
      }
      let duration = try await bench.measure {
        let error = await Self.pair(bench, agent, timeout: .seconds(2), .comparison(1), through: central)
        guard case .timedOut = error else { throw Unexpected(error) }
      }
      #expect(duration < .seconds(10))
      try await eventually("the question to be withdrawn", on: timeline) { user.cancelled == 1 }
      try await Self.expectNothing(of: bench, central)
      await central.close()
    }
  }

  @Test func `one pairing at a time, and an agent that was left over is no obstacle`() async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      let (user, timeline) = (User(), bench.timeline)
      var agent = PairingAgent()
      agent.confirm = { _, _ in
        user.note("asked")
        await user.ponder(on: timeline)
        return true
      }
      let questioning = agent
      let first = timeline.start {
        await Self.pair(bench, questioning, timeout: .seconds(4), .comparison(1), through: central)
      }
      try await eventually("the question", on: timeline) { user.lines == ["asked"] }
      let error = await Self.pair(bench, .justWorks, .comparison(1), through: central)
      #expect(error.map { "\($0)" }?.contains("pairing with a device already") == true)
      _ = try await first.value
      #expect(await !Self.isPaired(central))
      _ = try await central.call(
        BlueZ.namespace, BlueZ.Interface.agentManager, "RegisterAgent",
        [.objectPath(ObjectPath.root.appending("org").appending("percuss").appending("agent")), .string("DisplayOnly")])
      #expect(await Self.pair(bench, through: central) == nil)
      #expect(await Self.isPaired(central))
      await central.close()
    }
  }

  @Test func `a device that is off is waited for no longer than told`() async throws {
    try await EmulationBench.run { bench in
      let central = try await bench.central()
      await bench.setAdvertising(false)
      let duration = try await bench.measure {
        let error = await Self.pair(bench, timeout: .seconds(1), through: central)
        guard case .timedOut = error else { throw Unexpected(error) }
      }
      #expect(duration < .seconds(8))
      await central.close()
    }
  }

  private struct Unexpected: Error, CustomStringConvertible {
    let description: String

    init(_ error: LinkError?) { description = "not the expected error, but \(String(describing: error))" }
  }

  // MARK: The agent as bluetoothd calls it

  /// An agent on a bus, and who calls it.
  private static func ask(
    _ agent: PairingAgent, as stranger: Bool = false,
    _ test:
      @escaping @Sendable (_ ask: @escaping @Sendable (String, [DBusValue]) async throws -> [DBusValue]) async throws
      -> Void
  ) async throws {
    try await EmulationBench.run(startsDaemon: false) { bench in
      let (bluetoothd, program) = (try await bench.anotherProgram(), try await bench.anotherProgram())
      let object = AgentObject(
        agent, for: "Elite", owner: stranger ? ":1.999" : bluetoothd.uniqueName, on: bench.timeline)
      let path = ObjectPath.root.appending("agent")
      try await program.export(object, at: path)
      try await test { member, arguments in
        try await bluetoothd.call(
          MethodCall(
            destination: program.uniqueName, path: path, interface: BlueZ.Interface.agent, member: member,
            arguments: arguments))
      }
    }
  }

  private static let devicePath = DBusValue.objectPath(FakeObjects.devicePath)

  private static func expectRefusal(_ question: () async throws -> [DBusValue]) async {
    do {
      _ = try await question()
      Issue.record("it was answered")
    } catch {
      guard case .refused(BlueZ.ErrorName.rejected, message: _) = error as? DBusFailure else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test func `an agent answers every question that a user can answer`() async throws {
    let user = User()
    var agent = PairingAgent()
    agent.enterPasskey = { device in
      user.note("enter for \(device)")
      return 42
    }
    agent.showPasskey = { device, passkey, entered in user.note("show \(passkey) for \(device), \(entered) entered") }
    agent.confirm = { device, passkey in
      user.note("compare \(passkey) with \(device)")
      return passkey == 1
    }
    agent.authorize = { device in
      user.note("authorize \(device)")
      return false
    }
    #expect(agent.capability == "KeyboardDisplay")
    try await Self.ask(agent) { ask in
      let passkey = try await ask("RequestPasskey", [Self.devicePath])
      #expect(passkey == [.uint32(42)])
      for entered in [UInt16(0), 1] {
        _ = try await ask("DisplayPasskey", [Self.devicePath, .uint32(5), .uint16(entered)])
      }
      _ = try await ask("RequestConfirmation", [Self.devicePath, .uint32(1)])
      await Self.expectRefusal { try await ask("RequestConfirmation", [Self.devicePath, .uint32(2)]) }
      await Self.expectRefusal { try await ask("RequestAuthorization", [Self.devicePath]) }
      // Of BR/EDR, which nobody of us speaks.
      await Self.expectRefusal { try await ask("RequestPinCode", [Self.devicePath]) }
      _ = try await ask("Cancel", [])
      _ = try await ask("Release", [])
    }
    #expect(
      user.lines == [
        "enter for Elite", "show 5 for Elite, 0 entered", "show 5 for Elite, 1 entered", "compare 1 with Elite",
        "compare 2 with Elite", "authorize Elite",
      ])
  }

  @Test func `an agent without a user refuses what only a user can answer`() async throws {
    #expect(PairingAgent.justWorks.capability == "NoInputNoOutput")
    try await Self.ask(.justWorks) { ask in
      await Self.expectRefusal { try await ask("RequestPasskey", [Self.devicePath]) }
      await Self.expectRefusal { try await ask("RequestConfirmation", [Self.devicePath, .uint32(1)]) }
      // The pairing was this program's own wish.
      _ = try await ask("RequestAuthorization", [Self.devicePath])
    }
  }

  @Test func `an agent answers bluetoothd alone`() async throws {
    var agent = PairingAgent()
    agent.enterPasskey = { _ in 42 }
    try await Self.ask(agent, as: true) { ask in
      await Self.expectRefusal { try await ask("RequestPasskey", [Self.devicePath]) }
    }
  }

  @Test(arguments: [
    (false, false, false, "NoInputNoOutput"), (true, false, false, "KeyboardOnly"), (false, true, false, "DisplayOnly"),
    (false, false, true, "DisplayYesNo"), (false, true, true, "DisplayYesNo"), (true, true, false, "KeyboardDisplay"),
    (true, false, true, "KeyboardDisplay"), (true, true, true, "KeyboardDisplay"),
  ])
  func `what the user can do is what bluetoothd is told`(
    _ enters: Bool, _ sees: Bool, _ compares: Bool, _ capability: String
  ) {
    var agent = PairingAgent()
    if enters { agent.enterPasskey = { _ in 0 } }
    if sees { agent.showPasskey = { _, _, _ in } }
    if compares { agent.confirm = { _, _ in true } }
    #expect(agent.capability == capability)
  }
}

extension BlueZCentral {
  /// As if the news of a pairing had not come yet.
  fileprivate func forgetPairing(of address: BluetoothAddress) {
    guard let path = tree.devices().first(where: { $0.address == address })?.path else { return }
    tree.deviceObjects[path]?.isPaired = false
  }
}
