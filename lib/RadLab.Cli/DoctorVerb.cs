using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Compute;

namespace RadLab.Cli;

/// <summary><c>radlab doctor</c>: what this machine offers, what is missing, and what that means.</summary>
internal static class DoctorVerb
{
    public static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("doctor", "Show what this machine offers and what is missing.") { json };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(json)) Console.WriteLine(ToJson().ToJsonString(Json));
            else Print(Console.Out);
            return ExitCodes.Done;
        });
        return command;
    }

    public static void Print(TextWriter output)
    {
        var machine = Machine.Describe();
        output.WriteLine("Machine");
        Line("processor", FormattableString.Invariant($"{machine.Cpu}, {machine.Cores} {(machine.Cores == 1 ? "core" : "cores")} usable"));
        Line("instructions", machine.InstructionSets.Count > 0 ? string.Join(", ", machine.InstructionSets) : "none beyond the basic ones");
        Line("engine path", machine.EnginePath);
        Line("memory", FormattableString.Invariant($"{GiB(machine.MemoryBytes):0.0} GiB, {GiB(machine.AvailableBytes):0.0} GiB available"));
        Line("system", $"{machine.OperatingSystem}, {machine.Architecture}");
        Line("runtime", machine.Runtime);
        output.WriteLine("Native libraries (all optional; one in an unusual place: set the variable in brackets to its full path)");
        foreach (var library in NativeLibraries.Probe()) Line(library.Name, $"{(library.Found ? "found  " : "missing")}  {library.Meaning}");

        void Line(string name, string value) => output.WriteLine($"  {name,-14} {value}");
    }

    public static JsonObject ToJson()
    {
        var machine = Machine.Describe();
        var description = machine.ToJson();
        description["enginePath"] = machine.EnginePath;
        description["availableBytes"] = machine.AvailableBytes;
        var libraries = new JsonArray();
        foreach (var library in NativeLibraries.Probe())
            libraries.Add(new JsonObject { ["name"] = library.Name, ["found"] = library.Found, ["file"] = library.File, ["meaning"] = library.Meaning });
        return new JsonObject { ["machine"] = description, ["nativeLibraries"] = libraries };
    }

    private static double GiB(long bytes) => bytes / (double)(1L << 30);
}
