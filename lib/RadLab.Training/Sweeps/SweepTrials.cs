using System.Globalization;
using RadLab.Compute;

namespace RadLab.Training;

/// <summary>One run of a sweep.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Settings">Path and value of everything that is swept, in the order of the axes.</param>
/// <param name="Group">The settings without the seed: trials of one group repeat each other.</param>
public sealed record SweepTrial(int Number, IReadOnlyList<KeyValuePair<string, string>> Settings, string Group, Recipe Recipe)
{
    /// <summary>Also the name of its run folder.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"trial-{Number:D3}");
}

/// <summary>From axes to trials: every combination, or random ones; a function of the sweep alone.</summary>
internal static class SweepTrials
{
    private const int MostTrials = 1000, MostDraws = 10_000;

    // of RandomKey; beside those of BatchPlan
    private const uint DrawStream = 0x0610_0000;

    // what makes validation losses incomparable, or is no setting of a run's result
    private static readonly string[] s_fixed = ["name", "description", "sources", "task", "data", "through_problems", "run"];

    public static IReadOnlyList<SweepTrial> Of(Sweep sweep)
    {
        Check(sweep);
        var axes = sweep.Over.Where(o => !o.IsSeed).ToList();
        var seeds = sweep.Over.FirstOrDefault(o => o.IsSeed)?.Values.Select(v => v[0]).ToList() ?? [];
        var chosen = sweep.Random > 0 ? Draw(sweep, axes) : Grid(axes, Math.Max(1, seeds.Count));
        if (chosen.Count * Math.Max(1, seeds.Count) > MostTrials) throw TooMany(chosen.Count * (long)Math.Max(1, seeds.Count));
        var recipe = sweep.Recipe with { Run = sweep.Recipe.Run with { KeepCheckpoints = 1, ScoreTest = false } };   // choosing must not look at the test split
        if (sweep.HalvingPlan(chosen.Count) is { } halving && halving.First is var first && (recipe.Run.EvaluateEvery == 0 || first % recipe.Run.EvaluateEvery != 0))
            recipe = recipe with { Run = recipe.Run with { EvaluateEvery = checked((int)first) } };

        var trials = new List<SweepTrial>();
        foreach (var values in chosen)
        {
            var settings = axes.Zip(values).SelectMany(p => p.First.Paths.Zip(p.Second, KeyValuePair.Create)).ToList();
            string group = string.Join(", ", axes.Zip(values).Select(p => $"{p.First.Name}={string.Join(':', p.Second)}"));
            foreach (string? seed in seeds.DefaultIfEmpty(null))
            {
                List<KeyValuePair<string, string>> all = seed is null ? settings : [.. settings, KeyValuePair.Create("seed", seed)];
                var own = all.Aggregate(recipe, Set) with { Name = string.Create(CultureInfo.InvariantCulture, $"{sweep.Name}-{trials.Count + 1}") };
                RecipeCheck.Check(own);
                trials.Add(new SweepTrial(trials.Count + 1, all, group, own));
            }
        }
        return trials;
    }

    private static void Check(Sweep sweep)
    {
        if (sweep.Over.Count == 0) throw new RecipeException("sweep: needs at least one --over path=value,value, for example --over lora.rank=4,8,16.");
        string[] paths = [.. sweep.Over.SelectMany(o => o.Paths)];
        if (paths.GroupBy(p => p, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new RecipeException($"--over {twice.Key}: is swept twice; give all its values in one --over.");
        foreach (var axis in sweep.Over)
            foreach (string path in axis.Paths)
            {
                if (s_fixed.Contains(path.Split('.')[0])) throw new RecipeException($"--over {axis}: {path} cannot be swept: trials would not be comparable by their validation loss; change it with --set, or make several sweeps.");
                if (sweep.Halving > 0 && path is "steps" or "epochs") throw new RecipeException($"--over {axis}: {path} cannot be swept with --halving, which stops trials by their steps.");
                if (path == "seed" && axis.Paths.Count > 1) throw new RecipeException($"--over {axis}: seed must stand alone.");
            }
        if (sweep.Over.FirstOrDefault(o => o.IsSeed)?.Range is not null) throw new RecipeException("--over seed: must be a list, such as seed=17,18,19.");
        if (sweep.Over.All(o => o.IsSeed) && sweep.Random > 0) throw new RecipeException("--random: needs another axis than seed.");
        if (sweep.Random == 0 && sweep.Over.FirstOrDefault(o => o.Range is not null) is { } range) throw new RecipeException($"--over {range}: a range needs --random N; a grid needs its values one by one.");
        if (sweep.Random is < 0 or > MostTrials) throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"--random: must be from 1 to {MostTrials}, got {sweep.Random}."));
        if (sweep.Halving is not 0 and (< 2 or > 16)) throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"--halving: must be from 2 to 16, got {sweep.Halving}."));
        if (sweep.Halving > 0 && sweep.Recipe.Steps == 0) throw new RecipeException("--halving: needs a number of steps; give --set steps=200.");
        if (sweep.MetricItems < 0) throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"--metric-items: must be 0 or more, got {sweep.MetricItems}."));
    }

    private static List<IReadOnlyList<string>[]> Grid(List<SweptSetting> axes, int seeds)
    {
        long count = seeds;
        foreach (var axis in axes)
            if ((count *= axis.Values.Count) > MostTrials) throw TooMany(count);
        var all = new List<IReadOnlyList<string>[]> { Array.Empty<IReadOnlyList<string>>() };
        foreach (var axis in axes) all = [.. all.SelectMany(before => axis.Values.Select(v => (IReadOnlyList<string>[])[.. before, v]))];
        return all;
    }

    private static List<IReadOnlyList<string>[]> Draw(Sweep sweep, List<SweptSetting> axes)
    {
        var drawn = new List<IReadOnlyList<string>[]>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        // without replacement: a combination that was drawn is drawn over
        for (uint draw = 0; drawn.Count < sweep.Random; draw++)
        {
            if (draw == MostDraws) throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"--random {sweep.Random}: the axes have only about {drawn.Count} combinations; ask for fewer, or leave --random out for all of them."));
            var key = new RandomKey(sweep.Seed, DrawStream, draw);
            var values = new IReadOnlyList<string>[axes.Count];
            for (int a = 0; a < axes.Count; a++)
                values[a] = axes[a].Range is null ? axes[a].Values[key.Below((ulong)a, axes[a].Values.Count)] : [axes[a].Draw(key.UniformDouble((ulong)a))];
            if (seen.Add(string.Join('\n', values.SelectMany(v => v)))) drawn.Add(values);
        }
        return drawn;
    }

    private static Recipe Set(Recipe recipe, KeyValuePair<string, string> setting)
    {
        try
        {
            return RecipeJson.Set(recipe, $"{setting.Key}={setting.Value}");
        }
        catch (RecipeException e)
        {
            throw new RecipeException(e.Message.Replace("--set ", "--over ", StringComparison.Ordinal), e);
        }
    }

    private static RecipeException TooMany(long count) => new(string.Create(CultureInfo.InvariantCulture, $"sweep: must have at most {MostTrials} trials, got {count}; give fewer values, or --random N."));
}
