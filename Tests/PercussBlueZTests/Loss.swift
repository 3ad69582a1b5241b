import PercussBlueZ
import PercussClient
import PercussCore
import PercussDBus
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import PercussWire
import Testing

/// What becomes of bluetoothd under a central.
enum Loss: String, CaseIterable, Sendable, CustomTestStringConvertible {
  /// It is asked to end: objects are removed, the name is given back.
  case stopped
  /// It is killed: only the bus tells.
  case killed
  /// It takes the bus along, as percussd does that has made it.
  case killedWithBus
  case adapterRemoved
  case adapterOff

  var testDescription: String { rawValue }

  func happen(to bench: EmulationBench) async {
    switch self {
    case .stopped: await bench.stop()
    case .killed: await bench.kill()
    case .killedWithBus: await bench.killWithBus()
    case .adapterRemoved: await bench.removeAdapter()
    case .adapterOff: await bench.setPower(false)
    }
  }

  func mend(_ bench: EmulationBench) async throws {
    switch self {
    case .stopped, .killed: try await bench.start()
    case .killedWithBus: try await bench.startWithBus()
    case .adapterRemoved: await bench.addAdapter()
    case .adapterOff: await bench.setPower(true)
    }
  }

  /// The next operation says why, or works; once things are mended, it works.
  func checkRecovery(_ bench: EmulationBench, _ central: BlueZCentral) async throws {
    let duration = await bench.measure {
      do {
        _ = try await central.connect(to: EmulationBench.id, timeout: .seconds(1))
        Issue.record("connected without bluetoothd or adapter")
      } catch {
        guard case .unavailable(let text) = error as? LinkError else {
          Issue.record("\(error)")
          return
        }
        #expect(["bluetoothctl", "systemctl start bluetooth", "/bus"].contains { text.contains($0) }, "\(text)")
      }
    }
    #expect(duration < .seconds(3))
    try await mend(bench)
    let link = try await bench.connect(central)
    let device = try await Device.connect(over: link)
    try await device.takeControl()
    try await device.stop()
    await device.disconnect()
    await central.close()
  }
}
