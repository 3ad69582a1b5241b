import PercussBlueZ
import PercussGATT
import PercussLink
import PercussTime

/// The central and its links, with a bluetoothd that keeps no rule. What is under way when the central is closed must end.
let centralTarget = FuzzTarget("central", against: { HostileServer(seed: $0) }) { address, seed, timeline in
  var values = RandomValues(seed: ~seed)
  guard
    let central = try? await BlueZCentral.open(
      bus: address, on: timeline, patience: .milliseconds(values.number(0...300)))
  else { return }
  let counts = (0..<values.number(1...3)).map { _ in UInt64.random(in: 0 ... .max, using: &values.random) }
  await withTaskGroup(of: Void.self) { group in
    for count in counts {
      group.addTask { await use(central, RandomValues(seed: count)) }
    }
    try? await timeline.sleep(for: .milliseconds(values.number(200...900)))
    await central.close()
    group.cancelAll()
  }
}

/// A central that scans for a long time in a street: what it holds is bounded by what is there, not by what has been.
let streetTarget = FuzzTarget(
  lasting: "street", allowance: .init(forEachMessage: 32, atMost: 64 << 10), against: { PassingDevices(seed: $0) }
) {
  address, _, timeline, isOver in
  guard let central = try? await BlueZCentral.open(bus: address, on: timeline) else { return }
  let scanning = timeline.start {
    guard let devices = try? await central.scan(for: [], duration: .seconds(86_400)) else { return 0 }
    return await devices.reduce(0) { count, _ in count + 1 }
  }
  while !isOver.hasCome {
    _ = await central.knownDevices()
    try? await timeline.sleep(for: .milliseconds(50))
  }
  await central.close()
  _ = await scanning.result
}

private let device = DiscoveredDevice.ID(Tree.address)
private let characteristics = [
  BluetoothUUID.percussFeature, .percussControlPoint, .percussTelemetry, .percussEvent, .percussRoutineData,
  .percussClock,
]

/// One user of the central, until it is closed.
private func use(_ central: BlueZCentral, _ values: RandomValues) async {
  var values = values
  var failures = 0
  while !Task.isCancelled, failures < 50 {
    do {
      switch values.number(0...9) {
      case 0:
        for await _ in try await central.scan(for: [.percussService], duration: .milliseconds(values.number(0...80))) {}
      case 1: _ = await central.knownDevices()
      case 2:
        _ = try await central.find(values.element(["Percuss", Tree.address, "nobody"]), timeout: .milliseconds(60))
      case 3: try await central.pair(device, timeout: .milliseconds(values.number(0...100)))
      case 4 where values.chance(0.2): try await central.removeBond(device)
      default:
        let link = try await central.connect(to: device, timeout: .milliseconds(values.number(20...400)))
        await use(link, &values)
      }
    } catch {
      failures += 1
      if case .unavailable = error { try? await central.timeline.sleep(for: .milliseconds(10)) }
    }
  }
}

/// One user of a link, until it is lost, or at random ended.
private func use(_ link: any DeviceLink, _ values: inout RandomValues) async {
  let listening = link.timeline.start {
    var count = 0
    for await batch in link.events { count += batch.count }
    return count
  }
  var failures = 0
  while !Task.isCancelled, failures < 10, !values.chance(0.03) {
    let characteristic = values.element(characteristics)
    do {
      switch values.number(0...7) {
      case 0: _ = try await link.read(characteristic)
      case 1: try await link.subscribe(to: [characteristic])
      case 2: try await link.unsubscribe(from: [characteristic])
      case 3: _ = await link.maximumTransmissionUnit
      default:
        let type: WriteType = values.chance(0.5) ? .request : .command
        try await link.write(values.bytes(atMost: values.chance(0.1) ? 600 : 20), to: characteristic, type: type)
      }
    } catch {
      failures += 1
    }
  }
  await link.disconnect()
  _ = await listening.result
}
