// swift-tools-version: 6.2
import PackageDescription

/// Every target is held to the same language mode and features; see CONTRIBUTING.md.
let houseSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

/// For the modules that touch bytes: unsafe constructs must be marked as such.
let byteSettings = houseSettings + [.strictMemorySafety()]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")

// The order below is the order of the layers: a target imports only what stands above it.
let libraries: [Target] = [
  .target(name: "PercussWire", swiftSettings: byteSettings),
  .target(name: "PercussGATT", dependencies: ["PercussWire"], swiftSettings: byteSettings),
  .systemLibrary(name: "CLinux"),
  .target(name: "PercussTime", dependencies: ["CLinux"], swiftSettings: houseSettings),
  .target(name: "PercussCore", dependencies: ["PercussWire"], swiftSettings: byteSettings),
  .target(name: "PercussLink", dependencies: ["PercussGATT", "PercussTime"], swiftSettings: houseSettings),
  .target(
    name: "PercussClient",
    dependencies: ["PercussWire", "PercussGATT", "PercussTime", "PercussLink"],
    swiftSettings: houseSettings),
  .target(
    name: "PercussCapture", dependencies: ["PercussWire", "PercussGATT", "PercussTime", "PercussLink"],
    swiftSettings: byteSettings),
  .target(name: "PercussDocument", dependencies: [yams], swiftSettings: houseSettings),
  .target(
    name: "PercussRoutine",
    dependencies: ["PercussWire", "PercussTime", "PercussClient", "PercussDocument"],
    swiftSettings: houseSettings),
  .systemLibrary(name: "CDBus", pkgConfig: "dbus-1", providers: [.apt(["libdbus-1-dev"])]),
  .target(name: "PercussDBus", dependencies: ["CDBus", "PercussTime"], swiftSettings: byteSettings),
  .systemLibrary(name: "CBluetooth", pkgConfig: "bluez", providers: [.apt(["libbluetooth-dev"])]),
  .target(
    name: "PercussBlueZ",
    dependencies: ["CLinux", "PercussGATT", "PercussTime", "PercussLink", "PercussDBus", "CBluetooth"],
    swiftSettings: houseSettings),
  .target(
    name: "PercussSimulator",
    dependencies: [
      "PercussWire", "PercussGATT", "PercussTime", "PercussCore", "PercussLink", "PercussCapture", "PercussDocument",
      "PercussDBus", "PercussBlueZ",
    ],
    exclude: ["Control/README.md"],
    swiftSettings: houseSettings),
]

let programs: [Target] = [
  .executableTarget(
    name: "percuss",
    dependencies: [
      "PercussWire", "PercussGATT", "PercussTime", "PercussCore", "PercussLink", "PercussClient", "PercussCapture",
      "PercussDocument", "PercussRoutine", "PercussSimulator", "PercussDBus", "PercussBlueZ", argumentParser,
    ],
    swiftSettings: houseSettings),
  .executableTarget(
    name: "percussd",
    dependencies: [
      "PercussWire", "PercussGATT", "PercussTime", "PercussCore", "PercussLink", "PercussCapture", "PercussDocument",
      "PercussDBus", "PercussBlueZ", "PercussSimulator", argumentParser, logging, serviceLifecycle, unixSignals,
    ],
    exclude: ["README.md"],
    swiftSettings: houseSettings),
  .executableTarget(
    name: "protocol-generator",
    dependencies: [mustache, yams, argumentParser],
    exclude: ["Templates"],
    swiftSettings: houseSettings),
  .executableTarget(
    name: "benchmarks",
    dependencies: [
      "PercussWire", "PercussGATT", "PercussTime", "PercussCore", "PercussLink", "PercussClient", "PercussCapture",
      "PercussRoutine", "PercussDBus", "PercussBlueZ", "PercussSimulator", "CPercussCodec", "CBusBaselines",
    ],
    exclude: ["README.md"],
    swiftSettings: houseSettings),
  // Connects and writes in numbers, on the real Bluetooth stack of Tests/BlueZ.
  .executableTarget(
    name: "bluez-soak",
    dependencies: ["PercussWire", "PercussGATT", "PercussTime", "PercussLink", "PercussClient", "PercussBlueZ"],
    path: "Tests/BlueZ/Soak", swiftSettings: houseSettings),
  // Hostile messages at all that meets a bus; Tests/Fuzz/run-bus.sh builds it with the address sanitizer.
  .executableTarget(
    name: "bus-fuzz",
    dependencies: [
      "PercussTime", "PercussGATT", "PercussLink", "PercussDBus", "PercussBlueZ", "PercussCore", "PercussSimulator",
    ],
    path: "Tests/Fuzz/Bus", swiftSettings: houseSettings),
  // The generated C codec behind plain functions, for the tests and benchmarks that compare it with the Swift one.
  .target(name: "CPercussCodec", path: "Tests/CPercussCodec", cSettings: [.unsafeFlags(["-O3"])]),
  // What the benchmarks of the bus are held against: a stand-in for bluetoothd, and clients over plain libdbus.
  .target(
    name: "CBusBaselines", dependencies: ["CDBus"], path: "Tests/Baselines",
    exclude: ["bleak_client.py", "asyncio_deadlines.py"],
    cSettings: [.unsafeFlags(["-O2"])]),
]

let tests: [Target] = [
  .testTarget(name: "PercussWireTests", dependencies: ["PercussWire", "CPercussCodec"], swiftSettings: houseSettings),
  .testTarget(name: "PercussGATTTests", dependencies: ["PercussGATT", "PercussWire"], swiftSettings: houseSettings),
  .testTarget(name: "PercussTimeTests", dependencies: ["PercussTime"], swiftSettings: houseSettings),
  .testTarget(name: "PercussCoreTests", dependencies: ["PercussCore", "PercussWire"], swiftSettings: houseSettings),
  .testTarget(
    name: "PercussLinkTests", dependencies: ["PercussLink", "PercussGATT", "PercussTime"],
    swiftSettings: houseSettings),
  .testTarget(
    name: "PercussClientTests",
    dependencies: ["PercussClient", "PercussWire", "PercussGATT", "PercussTime", "PercussLink"],
    swiftSettings: houseSettings),
  .testTarget(
    name: "PercussCaptureTests",
    dependencies: ["PercussCapture", "PercussWire", "PercussGATT", "PercussTime", "PercussLink"],
    swiftSettings: houseSettings),
  // Captured conversations said again to virtual devices, on the virtual clock.
  .testTarget(
    name: "CaptureReplayTests",
    dependencies: [
      "PercussCapture", "PercussWire", "PercussGATT", "PercussTime", "PercussCore", "PercussLink", "PercussClient",
      "PercussRoutine", "PercussDocument", "PercussSimulator",
    ],
    swiftSettings: houseSettings),
  .testTarget(
    name: "PercussRoutineTests",
    dependencies: [
      "PercussRoutine", "PercussDocument", "PercussClient", "PercussLink", "PercussTime", "PercussWire",
    ],
    exclude: ["BadDocuments"], swiftSettings: houseSettings),
  // Device, radio, client and player together, on the virtual clock.
  .testTarget(
    name: "SimulationTests",
    dependencies: [
      "PercussWire", "PercussGATT", "PercussTime", "PercussCore", "PercussLink", "PercussClient", "PercussCapture",
      "PercussDocument", "PercussRoutine", "PercussSimulator",
    ],
    swiftSettings: houseSettings),
  .testTarget(
    name: "PercussSimulatorTests",
    dependencies: [
      "PercussSimulator", "PercussBlueZ", "PercussClient", "PercussCore", "PercussDBus", "PercussDocument",
      "PercussGATT", "PercussLink", "PercussTime",
    ],
    exclude: ["BadConfigurations"], swiftSettings: houseSettings),
  // On a private bus, with a dbus-daemon of its own.
  .testTarget(name: "PercussDBusTests", dependencies: ["PercussDBus", "PercussTime"], swiftSettings: houseSettings),
  .testTarget(
    name: "PercussBlueZTests",
    dependencies: [
      "PercussBlueZ", "PercussDBus", "PercussGATT", "PercussLink", "PercussTime", "PercussSimulator", "PercussClient",
      "PercussCore", "PercussWire",
    ],
    swiftSettings: houseSettings),
  .testTarget(
    name: "BlueZEmulationTests",
    dependencies: [
      "PercussSimulator", "PercussBlueZ", "PercussDBus", "PercussGATT", "PercussLink", "PercussTime", "PercussCore",
      "PercussWire",
    ],
    swiftSettings: houseSettings),
  .testTarget(
    name: "ProtocolGeneratorTests", dependencies: ["protocol-generator", yams], swiftSettings: houseSettings),
  // An example of the documentation; runs where `percuss shell` has put a device around it.
  .testTarget(
    name: "DriveTests", dependencies: ["PercussBlueZ", "PercussClient", "PercussTime"], path: "Tests/Examples/Swift",
    swiftSettings: [.swiftLanguageMode(.v6)]),
  // The built program, run as a user runs it.
  .testTarget(name: "CommandLineTests", dependencies: ["percuss", "percussd"], swiftSettings: houseSettings),
]

let package = Package(
  name: "percuss",
  products: libraries.filter { $0.type == .regular }.map { .library(name: $0.name, targets: [$0.name]) } + [
    .executable(name: "percuss", targets: ["percuss"]),
    .executable(name: "percussd", targets: ["percussd"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: libraries + programs + tests
)
