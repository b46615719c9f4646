using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Training;

namespace RadLab.Cli;

/// <summary><c>radlab plan</c>: the memory that a recipe will take, without the model and in moments.</summary>
internal static class PlanVerb
{
    public static Command Create()
    {
        var recipe = new Argument<string>("RECIPE") { Description = "Name of a recipe, or a recipe's JSON file." };
        var set = new Option<string[]>("--set") { HelpName = "path=value", Description = "Change one setting, such as batch.sequence_length=2048. Repeatable." };
        var model = new Option<string?>("--model") { HelpName = "DIR|NAME", Description = "A model folder, or a published shape such as llama-3.1-405b." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("plan", "Predict the memory of a training run, by kind.") { recipe, set, model, json };
        command.SetAction(parsed =>
        {
            string name = parsed.GetValue(recipe)!;
            var chosen = ChosenRecipe.With(ChosenRecipe.Open(name), null, parsed.GetValue(model), parsed.GetValue(set));
            var (config, in16Bits) = BaseModels.ShapeOf(chosen.Model);
            var plan = MemoryPlan.Of(chosen, config, in16Bits);
            var machine = Machine.Describe();
            Print(chosen, plan, machine, plan.Total > machine.AvailableBytes ? PlanAdvice.Of(chosen, plan, machine.AvailableBytes, r => MemoryPlan.Of(r, config, in16Bits).Total) : null, parsed.GetValue(json));
            return ExitCodes.Done;
        });
        return command;
    }

    private static void Print(Recipe recipe, MemoryPlan plan, Machine machine, PlanAdvice? advice, bool json)
    {
        (string Name, long Bytes)[] rows =
        [
            ("weights", plan.Weights), ("scales", plan.Scales), ("adapters", plan.Adapters), ("gradients", plan.Gradients), ("optimizer", plan.Optimizer),
            ("activations_and_workspace", plan.Activations),
        ];
        if (json)
        {
            var bytes = new JsonObject();
            foreach (var (name, value) in rows) bytes[name] = value;
            Console.WriteLine(new JsonObject
            {
                ["recipe"] = recipe.Name, ["model"] = recipe.Model, ["device"] = "cpu", ["gradient_checkpointing"] = plan.GradientCheckpointing, ["bytes"] = bytes, ["total_bytes"] = plan.Total,
                ["optimizer_on_disk_bytes"] = plan.OptimizerOnDisk, ["available_bytes"] = machine.AvailableBytes, ["advice"] = advice?.ToJson(),
            }.ToJsonString(DoctorVerb.Json));
            return;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{recipe.Name} on {recipe.Model}: {recipe.Batch.MicroBatch} x {recipe.Batch.SequenceLength} tokens, checkpointing {(plan.GradientCheckpointing ? "on" : "off")}, cpu"));
        foreach (var (name, value) in rows) Console.WriteLine(Row(name.Replace('_', ' '), value));
        Console.WriteLine(Row("total", plan.Total));
        if (plan.OptimizerOnDisk > 0) Console.WriteLine(Row("optimizer on disk", plan.OptimizerOnDisk));
        Console.WriteLine(Row("free on this machine", machine.AvailableBytes) + (advice is null ? "" : "  too little"));
        if (advice is not null) Console.WriteLine(advice);
    }

    private static string Row(string name, long bytes) => string.Create(CultureInfo.InvariantCulture, $"  {name,-26}{bytes / 1e9,10:0.000} GB");
}
