import PercussDBus
import PercussTime
import Testing

@testable import PercussBlueZ

/// What bluetoothd offers and answers, and what is registered then: as conversations.
@Suite struct PeripheralRegistrationTests {
  @Test func `the advertisement comes last`() {
    var talk = Talk()
    talk.sees(.hci0, at: 0)
    talk.expect([.register(.agent, adapter: hci0, number: 1), .register(.application, adapter: hci0, number: 2)])
    talk.answers(.agent, 1, at: 1)
    talk.expect([])
    talk.answers(.application, 2, at: 1)
    talk.expect([.register(.advertisement, adapter: hci0, number: 3)])
    #expect(!talk.registration.isServing)
    talk.answers(.advertisement, 3, at: 1)
    talk.expect([.serving])
    #expect(talk.registration.isServing && talk.registration.nextDeadline == nil)
  }

  @Test func `what fails is tried again, later each time`() {
    var talk = Talk(serving: false)
    talk.sees(.hci0, at: 0)
    talk.answers(.agent, 1, at: 0)
    talk.answers(.application, 2, at: 0)
    _ = talk.registration.takeOutputs()
    var now = 0
    for (number, delay) in zip(3..., [1, 2, 4, 8, 16, 30, 30]) {
      talk.answers(.advertisement, number, failure, at: now)
      let report = number == 3 ? [PeripheralRegistration.Output.interrupted(refused(.advertisement))] : []
      talk.expect(report)
      #expect(talk.registration.nextDeadline == instant(now + delay))
      talk.registration.tick(at: instant(now + delay).advanced(by: .nanoseconds(-1)))
      talk.expect([])
      now += delay
      talk.registration.tick(at: instant(now))
      talk.expect([.register(.advertisement, adapter: hci0, number: number + 1)])
    }
    talk.answers(.advertisement, 10, at: now)
    talk.expect([.serving])
    // After a success the first delay is short again.
    talk.registration.released(.advertisement, at: instant(now))
    #expect(talk.registration.nextDeadline == instant(now + 1))
  }

  @Test func `an answer that was lost is no failure the second time`() {
    var talk = Talk()
    talk.sees(.hci0, at: 0)
    talk.answers(.agent, 1, at: 0)
    talk.answers(.application, 2, .timedOut("RegisterApplication", after: .seconds(10)), at: 10)
    _ = talk.registration.takeOutputs()
    talk.registration.tick(at: instant(11))
    talk.expect([.register(.application, adapter: hci0, number: 3)])
    talk.answers(
      .application, 3, .refused(name: "org.bluez.Error.AlreadyExists", message: "Already Exists"), at: 11)
    talk.expect([.register(.advertisement, adapter: hci0, number: 4)])
  }

  @Test func `a bluetoothd that comes back has everything registered again`() {
    var talk = Talk(serving: true)
    talk.sees(nil, .noBluetoothd, owner: nil, at: 5)
    talk.expect([.applicationEnded, .interrupted(.noBluetoothd)])
    talk.sees(nil, .noAdapter("hci0", present: []), owner: ":1.9", at: 6)
    talk.expect([.interrupted(.noAdapter("hci0", present: []))])
    talk.sees(.hci0, owner: ":1.9", at: 7)
    talk.expect([.register(.agent, adapter: hci0, number: 4), .register(.application, adapter: hci0, number: 5)])
    // The answer of the one before, if there were one.
    talk.answers(.application, 2, failure, at: 7)
    talk.expect([])
  }

  @Test func `an adapter that goes and comes keeps the agent`() {
    var talk = Talk(serving: true)
    talk.sees(nil, .noAdapter("hci0", present: []), at: 5)
    talk.expect([.applicationEnded, .interrupted(.noAdapter("hci0", present: []))])
    var renumbered = PeripheralRegistration.Surroundings.Adapter.hci0
    renumbered.path = BlueZ.namespace.appending("hci3")
    talk.sees(renumbered, at: 6)
    talk.expect([.register(.application, adapter: renumbered.path, number: 4)])
  }

  @Test func `an adapter that is off is not advertised on, and comes back by itself`() {
    var talk = Talk()
    var off = PeripheralRegistration.Surroundings.Adapter.hci0
    off.isPowered = false
    talk.sees(off, at: 0)
    talk.expect([
      .register(.agent, adapter: hci0, number: 1), .register(.application, adapter: hci0, number: 2),
      .interrupted(.notPowered(adapter: "hci0")),
    ])
    talk.answers(.agent, 1, at: 0)
    talk.answers(.application, 2, at: 0)
    talk.expect([])
    talk.sees(.hci0, at: 1)
    talk.expect([.register(.advertisement, adapter: hci0, number: 3)])
    talk.answers(.advertisement, 3, at: 1)
    talk.expect([.serving])
    talk.sees(off, at: 2)
    talk.expect([.interrupted(.notPowered(adapter: "hci0"))])
    talk.sees(.hci0, at: 3)
    talk.expect([.serving])
  }

  @Test func `an adapter without the managers is no peripheral`() {
    var talk = Talk()
    var classic = PeripheralRegistration.Surroundings.Adapter.hci0
    classic.isPeripheral = false
    talk.sees(classic, at: 0)
    talk.expect([.interrupted(.notAPeripheral(adapter: "hci0"))])
  }

  @Test func `what bluetoothd releases is registered again a second later`() {
    var talk = Talk(serving: true)
    talk.registration.released(.advertisement, at: instant(5))
    let released = DBusFailure.refused(name: "org.bluez.Error.Canceled", message: "released by bluetoothd")
    talk.expect([.interrupted(.refused("advertisement", adapter: "hci0", released))])
    talk.registration.tick(at: instant(6))
    talk.expect([.register(.advertisement, adapter: hci0, number: 4)])
    // With the adapter everything goes anyway.
    talk.registration.released(.advertisement, at: instant(6))
    talk.expect([])
  }

  @Test func `advertising is switched off and on, and the rest stays`() {
    var talk = Talk(serving: true)
    talk.registration.setAdvertising(false, at: instant(5))
    talk.expect([.unregister(.advertisement, adapter: hci0)])
    #expect(talk.registration.isServing)
    talk.registration.setAdvertising(true, at: instant(6))
    talk.expect([.register(.advertisement, adapter: hci0, number: 4)])
  }

  @Test func `stopping takes everything back, once`() {
    var talk = Talk(serving: true)
    talk.registration.stop()
    talk.expect([
      .unregister(.advertisement, adapter: hci0), .applicationEnded, .unregister(.application, adapter: hci0),
      .unregister(.agent, adapter: hci0), .interrupted(.stopped),
    ])
    talk.registration.stop()
    talk.sees(nil, .noBluetoothd, owner: nil, at: 5)
    talk.sees(.hci0, at: 6)
    talk.registration.tick(at: instant(100))
    talk.expect([])
    #expect(talk.registration.obstacle == .stopped)
  }
}

private let hci0 = BlueZ.namespace.appending("hci0")
private let failure = DBusFailure.refused(name: "org.bluez.Error.Failed", message: "Failed to register advertisement")

private func refused(_ part: PeripheralRegistration.Part) -> PeripheralError {
  .refused(part.description, adapter: "hci0", failure)
}

private func instant(_ seconds: Int) -> MonotonicInstant { .zero.advanced(by: .seconds(seconds)) }

extension PeripheralRegistration.Surroundings.Adapter {
  fileprivate static let hci0 = Self(path: BlueZ.namespace.appending("hci0"), name: "hci0")
}

private struct Talk {
  var registration = PeripheralRegistration(hasAgent: true)

  init(serving: Bool = false) {
    guard serving else { return }
    sees(.hci0, at: 0)
    for (part, number) in zip([PeripheralRegistration.Part.agent, .application, .advertisement], 1...) {
      answers(part, number, at: 0)
    }
    #expect(registration.isServing)
    _ = registration.takeOutputs()
  }

  mutating func sees(
    _ adapter: PeripheralRegistration.Surroundings.Adapter?, _ obstacle: PeripheralError? = nil,
    owner: String? = ":1.5",
    at seconds: Int
  ) {
    registration.update(.init(adapter: adapter, obstacle: obstacle, owner: owner), at: instant(seconds))
  }

  mutating func answers(
    _ part: PeripheralRegistration.Part, _ number: Int, _ failure: DBusFailure? = nil, at seconds: Int
  ) {
    registration.answered(part, number: number, failure, at: instant(seconds))
  }

  mutating func expect(_ outputs: [PeripheralRegistration.Output], _ location: SourceLocation = #_sourceLocation) {
    #expect(registration.takeOutputs() == outputs, sourceLocation: location)
  }
}
