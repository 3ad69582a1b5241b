import PercussBlueZ
import PercussClient
import PercussCore
import PercussGATT
import PercussLink
import PercussSimulator
import PercussTime
import PercussWire
import Testing

/// Two families of devices at once, driven by one program over the emulated bluetoothd.
@Suite(.serialized) struct BothDialectsTests {
  private static let address = BluetoothAddress(rawValue: 0xC82E_470A_2201)

  @Test func `a Percuss device and a Theragun are driven at once, each in its own protocol`() async throws {
    try await EmulationBench.run { bench in
      let gun = SimulatedDevice(model: .theragun(.prime), on: bench.host)
      await bench.air.place(
        gun, as: AirAdvertisement(address: Self.address, name: "Prime", services: [.theragunService]))
      let central = try await bench.central()
      let devices = try await withThrowingTaskGroup { group in
        for name in [EmulationBench.deviceName, "Prime"] {
          group.addTask {
            let found = try await central.find(name, timeout: .seconds(10))
            let link = try await central.connect(to: found.id, timeout: .seconds(15))
            let family = try #require(DeviceFamily(name: found.name, services: found.services))
            return (
              family, try await Device.connect(over: link, dialect: DeviceFamily.dialect(for: family, ratio: nil))
            )
          }
        }
        return try await group.reduce(into: [DeviceFamily: Device]()) { $0[$1.0] = $1.1 }
      }
      let elite = try #require(devices[.percuss])
      let prime = try #require(devices[.theragun(.prime)])
      try await elite.takeControl(lease: .seconds(60))
      try await prime.takeControl(lease: .seconds(60))
      // The device ramps the one, this program the other.
      try await elite.setSpeed(.ppm(1900), ramp: .seconds(5))
      try await prime.setMotorSpeed(.rpm(3000), ramp: .seconds(5))
      try await bench.timeline.sleep(for: .seconds(2))
      for device in [bench.device, gun] {
        #expect((100_000..<1_890_000).contains(await device.truth.speedMilliPPM), "both are on their way")
      }
      // 3000 of the simulation's revolutions are 1991 percussions.
      try await eventually("both speeds", on: bench.timeline) {
        let speeds = (await bench.device.truth.speedMilliPPM, await gun.truth.speedMilliPPM)
        return speeds.0 == 1_900_000 && (1_991_100...1_991_200).contains(speeds.1)
      }
      try await eventually("both to be told", on: bench.timeline) {
        let status = await prime.latestTelemetry?.motor?.status
        return await elite.latestTelemetry?.telemetry.speedPPM == 1900
          && status == MotorStatus(isRunning: true, speed: .rpm(3000))
      }
      #expect(await gun.ignoredWrites == 0)

      // Each stops for itself.
      try await elite.stop()
      try await eventually("the one to rest", on: bench.timeline) { await bench.device.truth.speedMilliPPM == 0 }
      #expect((1_991_100...1_991_200).contains(await gun.truth.speedMilliPPM))
      try await prime.stop()
      try await eventually("the other to rest", on: bench.timeline) {
        let state = await prime.latestTelemetry?.telemetry.state
        return await gun.truth.speedMilliPPM == 0 && state == .idle
      }
      await elite.disconnect()
      await prime.disconnect()
      await central.close()
    }
  }
}
