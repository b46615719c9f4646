using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Compute;

namespace RadLab.Cli;

/// <summary><c>radlab bench</c>: how fast the engine is here, always beside what this machine can do at most, measured in the same process.</summary>
internal static class BenchVerb
{
    public static Command Create() => new("bench", "Measure the compute engine against what this machine can do at most.")
    {
        BenchGemm.Create(),
        BenchNf4.Create(),
        BenchAttention.Create(),
        BenchOps.Create(),
        BenchTokenizer.Create(),
        BenchDecode.Create(),
        BenchTrain.Create(),
        BenchDuplicates.Create(),
        BenchLoad.Create(),
        BenchLabels.Create(),
        BenchDeid.Create(),
        BenchData.Create(),
    };

    public static Option<bool> JsonOption() => new("--json") { Description = "Print one JSON object." };

    public static Option<int> ThreadsOption() => new("--threads") { Description = "Threads; 0 takes RADLAB_THREADS, or else every core.", DefaultValueFactory = _ => 0 };

    /// <summary>A whole number from 1 to <paramref name="most"/>, or a usage error that names the option.</summary>
    public static Option<int> Size(string name, string description, int value, int most)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            int got = result.GetValueOrDefault<int>();
            if (got < 1 || got > most) result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} must be a number from 1 to {most}, got {got}"));
        });
        return option;
    }

    /// <summary>Prints the object as JSON, or a line for each figure.</summary>
    public static int Print(JsonObject result, bool json, Engine engine)
    {
        result["threads"] = engine.Threads;
        if (json)
        {
            Console.WriteLine(result.ToJsonString(DoctorVerb.Json));
            return ExitCodes.Done;
        }
        foreach (var (name, value) in result)
        {
            string text = value!.AsValue().TryGetValue(out double number) ? number.ToString("0.###", CultureInfo.InvariantCulture) : value.ToString();
            Console.WriteLine($"  {name,-28} {text}");
        }
        return ExitCodes.Done;
    }
}
