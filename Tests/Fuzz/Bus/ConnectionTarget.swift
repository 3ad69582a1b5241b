import PercussDBus
import PercussTime

/// The connection by itself: calls, signals, watched names and exported objects.
let connectionTarget = FuzzTarget("connection", against: { HostileServer(seed: $0) }) { address, seed, timeline in
  var values = RandomValues(seed: ~seed)
  guard let connection = try? await BusConnection.open(address, on: timeline, timeout: .seconds(1)) else { return }
  let end = timeline.now.advanced(by: .milliseconds(400))
  _ = try? await connection.subscribe(to: MatchRule(pathNamespace: ObjectPath("/org/bluez"))) { _ in }
  _ = try? await connection.watchOwner(of: "org.bluez") { _ in }
  let object = Echo()
  try? await connection.export(object, at: ObjectPath("/org/bluez/agent") ?? .root)
  await connection.exportObjectManager(at: .root)
  while timeline.now < end {
    let call = MethodCall(
      destination: "org.bluez", path: values.path(), interface: "org.bluez.GattCharacteristic1",
      member: values.element(["ReadValue", "AcquireNotify", "Get", "GetManagedObjects", "Connect"]),
      arguments: values.chance(0.5) ? [] : [values.value()])
    switch values.number(0...9) {
    case 0: await connection.send(call) { _ in }
    case 1:
      try? await connection.emit(
        Signal(path: values.path(), interface: "a.b", member: "C", arguments: [values.value()]))
    case 2: _ = try? await connection.requestName("org.bluez")
    case 3: _ = try? await connection.call(call, timeout: .zero)
    default: _ = try? await connection.call(call, timeout: .milliseconds(values.number(1...50)))
    }
  }
  await connection.close()
}

/// Answers what it is asked.
private final class Echo: ExportedObject {
  let interfaces = [
    InterfaceDescription(
      "org.bluez.Agent1",
      methods: [.init("Release"), .init("Echo", in: [.init("value", "v")], out: [.init("value", "v")])],
      properties: [.init("Number", "u", .readWrite)])
  ]

  func handle(_ call: IncomingCall) { call.reply(call.arguments) }

  func property(_ name: String, of interface: String) -> DBusValue? { .uint32(7) }
}

let fuzzTargets = [connectionTarget, centralTarget, emulationTarget, streetTarget, crowdTarget]
