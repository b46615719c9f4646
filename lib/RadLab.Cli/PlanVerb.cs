using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary><c>radlab plan</c>: the memory that a recipe will take, without the model and in moments.</summary>
internal static class PlanVerb
{
    private const string Cpu = "cpu";

    private static readonly Dictionary<string, ZeroStage> s_stages = new(StringComparer.Ordinal)
    {
        ["none"] = ZeroStage.None, ["zero1"] = ZeroStage.OptimizerState, ["zero2"] = ZeroStage.Gradients, ["zero3"] = ZeroStage.Weights,
    };

    private sealed record Request(Recipe Recipe, PlannedTexts Texts, Sharding Sharding, DeviceMemory Device);

    public static Command Create()
    {
        var recipe = new Argument<string>("RECIPE") { Description = "Name of a recipe, or a recipe's JSON file." };
        var set = new Option<string[]>("--set") { HelpName = "path=value", Description = "Change one setting, such as batch.sequence_length=2048. Repeatable." };
        var model = new Option<string?>("--model") { HelpName = "DIR|NAME", Description = "A model folder, or a published shape such as llama-3.1-405b." };
        var device = new Option<string>("--device") { HelpName = "cpu|NAME|SIZE", Description = $"What the plan is compared with: cpu (this machine), a size such as 24GB, or one of {string.Join(", ", DeviceMemory.Names)}.", DefaultValueFactory = _ => Cpu };
        var devices = new Option<int>("--world-size") { HelpName = "N", Description = "Devices that train together, each with micro-batches of its own; the plan is for each of them.", DefaultValueFactory = _ => 1 };
        var shard = new Option<string>("--shard") { Description = "What the devices share out (ZeRO, arXiv:1910.02054): zero1 optimizer state, zero2 and gradients, zero3 and weights.", DefaultValueFactory = _ => "none" };
        shard.AcceptOnlyFromAmong([.. s_stages.Keys]);
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("plan", "Predict the memory of a training run, by kind.") { recipe, set, model, device, devices, shard, json };
        command.SetAction(parsed =>
        {
            string name = parsed.GetValue(recipe)!;
            var chosen = ChosenRecipe.With(ChosenRecipe.Open(name), null, parsed.GetValue(model), parsed.GetValue(set));
            var limit = LimitOf(parsed.GetValue(device)!);
            var (config, in16Bits) = BaseModels.ShapeOf(chosen.Model);
            RecipeCheck.Check(chosen);
            var request = new Request(chosen, PlannedTexts.OfPrepared(chosen), new Sharding(parsed.GetValue(devices), s_stages[parsed.GetValue(shard)!]), limit);
            var plan = Of(chosen);
            Print(request, plan, plan.Total > limit.Bytes ? PlanAdvice.Of(chosen, plan, limit.Bytes, r => Of(r).Total) : null, parsed.GetValue(json));
            return ExitCodes.Done;

            // the texts of another batch are counted anew
            MemoryPlan Of(Recipe r) => MemoryPlan.Of(r, config, in16Bits, r == chosen ? request.Texts : PlannedTexts.OfPrepared(r), request.Sharding, limit.Bytes);
        });
        return command;
    }

    private static DeviceMemory LimitOf(string device) => device == Cpu ? new DeviceMemory(Cpu, "free on this machine", Machine.Describe().AvailableBytes) : DeviceMemory.Find(device)
        ?? throw new UsageException($"--device must be cpu, a size such as 24GB, or one of {string.Join(", ", DeviceMemory.Names)}, got {device}");

    private static void Print(Request request, MemoryPlan plan, PlanAdvice? advice, bool json)
    {
        var (recipe, texts, sharding, limit) = request;
        (string Name, long Bytes)[] rows =
        [
            ("weights", plan.Weights), ("scales", plan.Scales), ("adapters", plan.Adapters), ("gradients", plan.Gradients), ("optimizer", plan.Optimizer),
            ("activations", plan.Activations), ("workspace", plan.Workspace), ("optimizer_pages", plan.OptimizerPages),
        ];
        string stage = s_stages.Single(s => s.Value == sharding.Stage).Key;
        if (json)
        {
            var bytes = new JsonObject();
            foreach (var (name, value) in rows) bytes[name] = value;
            Console.WriteLine(new JsonObject
            {
                ["recipe"] = recipe.Name, ["model"] = recipe.Model, ["device"] = limit.Name, ["world_size"] = sharding.Devices, ["shard"] = stage, ["gradient_checkpointing"] = plan.GradientCheckpointing,
                ["counted_tokens"] = texts.Source, ["counted_share"] = texts.CountedShare, ["longest_text"] = texts.LongestText,
                ["bytes"] = bytes, ["engine_peak_bytes"] = plan.EnginePeak, ["total_bytes"] = plan.Total, ["optimizer_on_disk_bytes"] = plan.OptimizerOnDisk,
                ["available_bytes"] = limit.Bytes, ["fits"] = plan.Total <= limit.Bytes, ["advice"] = advice?.ToJson(),
            }.ToJsonString(DoctorVerb.Json));
            return;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{recipe.Name} on {recipe.Model}: {recipe.Batch.MicroBatch} x {recipe.Batch.SequenceLength} tokens, checkpointing {(plan.GradientCheckpointing ? "on" : "off")}, {limit.Name}{(sharding.Devices > 1 ? $", each of {sharding.Devices} devices, shard {stage}" : "")}"));
        Console.WriteLine($"  counted tokens: {texts.Source}");
        foreach (var (name, value) in rows)
            if (name != "optimizer_pages" || value > 0) Console.WriteLine(Row(name.Replace('_', ' '), value));
        Console.WriteLine(Row("total", plan.Total));
        if (plan.OptimizerOnDisk > 0) Console.WriteLine(Row("optimizer on disk", plan.OptimizerOnDisk));
        Console.WriteLine(Row(limit.Description, limit.Bytes) + (advice is null ? "" : "  too little"));
        if (advice is not null) Console.WriteLine(advice);
    }

    private static string Row(string name, long bytes) => string.Create(CultureInfo.InvariantCulture, $"  {name,-26}{bytes / 1e9,10:0.000} GB");
}
